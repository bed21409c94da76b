// Our wallet answers Credo's verifier, which is outside any network: both response modes, both client ids.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startIssuer, startVerifier } from '../../lib/credo.mjs'
import { compatibility, newWallet, refusal } from '../../lib/passport.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'Credo verifier ← our wallet'
const query = JSON.parse(readFileSync(new URL('../query.json', import.meta.url), 'utf8'))
const wanted = { address: { country: 'NL' }, given_name: 'Ada', nationalities: ['NL', 'DE'] }
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
const said = ({ stdout, stderr }) => (stderr || stdout).trim().split('\n').at(-1).slice(-300)

export async function run({ report, network }) {
  const { dir } = await network('http')
  const file = (name, text) => (writeFileSync(join(dir, name), text), join(dir, name))
  const issuer = await startIssuer()
  const issuerCa = file('credo-d-issuer.pem', issuer.ready.ca_pem)
  const filled = async (label) => {
    const wallet = await newWallet(dir, `d-${label}`)
    const taken = await wallet.acceptOffer({ offer: (await issuer.ask({})).offer, trust: { ca: [issuerCa] } })
    equal(taken.code, 0, `filling the wallet: ${said(taken)}`)
    return wallet
  }
  try {
    for (const clientId of ['x509_hash', 'decentralized_identifier']) {
      for (const mode of ['direct_post.jwt', 'direct_post']) {
        await report.check(`wallet: presents, ${clientId}, ${mode}`, async () => {
          const verifier = await startVerifier(['--client-id', clientId, '--mode', mode, '--ca', issuerCa])
          try {
            const trust = verifier.ready.ca_pem ? { ca: [file(`credo-d-${mode}.pem`, verifier.ready.ca_pem)] } : { dids: [verifier.ready.did] }
            const wallet = await filled(`${clientId}-${mode}`)
            const request = await verifier.ask({ query })
            const sent = await wallet.present({ request: request.request_uri, trust, bend: compatibility.credoVerifier })
            equal(sent.code, 0, said(sent))
            const outcome = await verifier.outcome(request.session)
            equal(outcome.ok, true, `the verifier: ${JSON.stringify(outcome).slice(0, 300)}`)
            // The peer's credential discloses nationalities as a whole, so both arrive although one was asked for.
            equal(sorted(outcome.presentations.demo[0].claims), wanted, 'claims seen by the verifier')
          } finally {
            await verifier.stop()
          }
        })
      }
    }
    await report.check('wallet: refuses the request_uri as audience unless the switch for this peer is on', async () => {
      const verifier = await startVerifier(['--ca', issuerCa])
      try {
        const wallet = await filled('strict')
        const request = await verifier.ask({ query })
        const trust = { ca: [file('credo-d-strict.pem', verifier.ready.ca_pem)] }
        const refused = await wallet.present({ request: request.request_uri, trust })
        equal(refusal(refused), 'invalid_request', 'refusal')
        truthy(refused.json.error.detail.includes('aud must be'), `refused for another reason: ${refused.json.error.detail}`)
        equal((await verifier.outcome(request.session)).ok, undefined, 'outcome at the verifier')
      } finally {
        await verifier.stop()
      }
    })
    await report.check('wallet: the switch for this peer is a wrong call inside a network', async () => {
      const wallet = await newWallet(dir, 'd-inside')
      const refused = await wallet.present({ request: 'openid4vp://?', inside: true, bend: compatibility.credoVerifier })
      equal(refused.code, 2, 'exit code')
      truthy(refused.stderr.includes('--outside-network'), `refused for another reason: ${said(refused)}`)
    })
    await report.check('wallet: sends nothing to a verifier it was not told to trust', async () => {
      const verifier = await startVerifier(['--ca', issuerCa])
      try {
        const wallet = await filled('untrusting')
        const request = await verifier.ask({ query })
        equal(refusal(await wallet.present({ request: request.request_uri, trust: {}, bend: compatibility.credoVerifier })), 'untrusted', 'refusal')
        equal((await verifier.outcome(request.session)).ok, undefined, 'outcome at the verifier')
      } finally {
        await verifier.stop()
      }
    })
  } finally {
    await issuer.stop()
  }
}
