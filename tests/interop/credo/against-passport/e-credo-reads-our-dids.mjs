// Credo's resolver reads the did:webvh logs that our parties publish.
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { reason, wallet } from '../../lib/credo.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'our did:webvh logs → Credo'

export async function run({ report, network }) {
  // Credo fetches did:webvh over https only.
  const ours = await network('https')
  const credo = wallet(join(ours.dir, 'credo-e.store'), { tlsCa: [ours.tls.ca] })
  for (const [party, did] of Object.entries(ours.dids).filter(([, did]) => did?.startsWith('did:webvh:'))) {
    await report.check(`${party}: the log resolves to the document it ends with`, async () => {
      const published = lastEntry(await log(did, ours.tls.ca))
      const resolved = await credo.resolve(did)
      equal(resolved.json.ok, true, reason(resolved))
      const document = resolved.json.did_document
      equal(document.id, did, 'id')
      equal(methods(document), methods(published.state), 'verification methods')
      for (const purpose of ['authentication', 'assertionMethod']) equal(document[purpose], published.state[purpose], purpose)
    })
  }
  await report.check('a log under another self-certifying identifier is not taken', async () => {
    const did = ours.dids.office
    const [, , scid] = did.split(':')
    const other = did.replace(scid, `${scid.slice(0, -1)}${scid.endsWith('1') ? '2' : '1'}`)
    const resolved = await credo.resolve(other)
    truthy(!resolved.json.ok && !resolved.json.did_document, `taken: ${JSON.stringify(resolved.json).slice(0, 300)}`)
  })
}

// id, controller and key of each method, whatever the order of the members.
const methods = ({ verificationMethod }) => verificationMethod.map(({ id, type, controller, publicKeyMultibase, publicKeyJwk }) => [id, type, controller, publicKeyMultibase ?? publicKeyJwk])

const lastEntry = (text) => JSON.parse(text.trim().split('\n').at(-1))

// did:webvh:SCID:host%3Aport[:path…] → its did.jsonl.
async function log(did, ca) {
  const [host, ...path] = did.split(':').slice(3)
  const url = `https://${decodeURIComponent(host)}/${path.length ? path.join('/') : '.well-known'}/did.jsonl`
  const loopback = (_name, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4))
  return new Promise((done, fail) => {
    const request = https.get(url, { ca: readFileSync(ca), lookup: loopback }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => {
        if (response.statusCode === 200) done(text)
        else fail(new Error(`${url} answered ${response.statusCode}`))
      })
    })
    request.on('error', fail)
  })
}
