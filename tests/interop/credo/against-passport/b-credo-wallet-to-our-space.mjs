// Credo's wallet answers our space: both response modes, both client ids.
import { join } from 'node:path'
import { reason, wallet } from '../../lib/credo.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'Credo wallet → our space'
const space = 'kiln-north'

export async function run({ report, network }) {
  for (const clientId of ['x509_hash', 'decentralized_identifier']) {
    // Credo fetches did:webvh over https only.
    const ours = await network(clientId === 'x509_hash' ? 'http' : 'https')
    const trust = { ca: [ours.ca], dids: [ours.dids[space]].filter(Boolean), tlsCa: ours.tls ? [ours.tls.ca] : [] }
    const fresh = (label) => wallet(join(ours.dir, `credo-b-${clientId}-${label}.store`), trust)

    for (const mode of ['direct_post.jwt', 'direct_post']) {
      await report.check(`space: ${clientId}, ${mode}`, async () => {
        const held = fresh(mode)
        const taken = await held.acceptOffer((await ours.offer()).offer)
        equal(taken.json.ok, true, `filling the wallet: ${reason(taken)}`)
        const request = await ours.request({ space, mode, clientId })
        const sent = await held.present(request.request_uri)
        equal(sent.json.ok, true, reason(sent))
        equal(sent.json.verifier.prefix, clientId, 'client id')
        equal(sent.json.encrypted, mode === 'direct_post.jwt', 'encrypted')
        equal(await ours.result({ space, session: request.session }), 'accepted', 'result')
      })
    }
    await report.check(`space: ${clientId}, a request is answered once`, async () => {
      const held = fresh('twice')
      equal((await held.acceptOffer((await ours.offer()).offer)).json.ok, true, 'filling the wallet')
      const request = await ours.request({ space, mode: 'direct_post.jwt', clientId })
      equal((await held.present(request.request_uri)).json.ok, true, 'first answer')
      const refused = await held.present(request.request_uri)
      equal(refused.json.ok, false, 'second answer')
      truthy(reason(refused).includes("status code '404'"), `refused for another reason: ${reason(refused)}`)
      equal(await ours.result({ space, session: request.session }), 'accepted', 'result')
    })
    await report.check(`space: ${clientId}, a wallet that does not trust the network sends nothing`, async () => {
      const held = wallet(join(ours.dir, `credo-b-${clientId}-untrusting.store`), { tlsCa: trust.tlsCa })
      const request = await ours.request({ space, mode: 'direct_post.jwt', clientId })
      const refused = await held.present(request.request_uri)
      equal(refused.json.ok, false, 'outcome')
      truthy(/trustedCertificates is required|is not trusted/.test(reason(refused)), `refused for another reason: ${reason(refused)}`)
      equal(await ours.result({ space, session: request.session }), 'waiting', 'result')
    })
  }
}
