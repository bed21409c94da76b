// Our wallet takes credentials from Credo's issuer, which is outside any network.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startIssuer } from '../../lib/credo.mjs'
import { newWallet, refusal } from '../../lib/passport.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'Credo issuer → our wallet'
const type = 'urn:example:demo-id:1'
const said = ({ stdout, stderr }) => (stderr || stdout).trim().split('\n').at(-1).slice(-300)

export async function run({ report, network }) {
  const { dir } = await network('http')
  const file = (name, text) => (writeFileSync(join(dir, name), text), join(dir, name))
  const [x5c, did] = await Promise.all([startIssuer(), startIssuer(['--signer', 'did:jwk'])])
  try {
    const ca = file('credo-c.pem', x5c.ready.ca_pem)
    for (const [label, issuer, trust, how] of [
      ['certificate chain', x5c, { ca: [ca] }, {}],
      ['did:jwk', did, { dids: [did.ready.issuer_did] }, {}],
      ['batch of 3', x5c, { ca: [ca] }, { batch: 3 }],
    ]) {
      await report.check(`wallet: accepts, ${label}`, async () => {
        const wallet = await newWallet(dir, 'c')
        const { offer } = await issuer.ask({})
        const taken = await wallet.acceptOffer({ offer, trust, ...how })
        equal(taken.code, 0, said(taken))
        const listed = await wallet.list()
        truthy(listed.stdout.includes(type), `the list does not name ${type}`)
      })
    }
    await report.check('wallet: accepts with a transaction code, and not without', async () => {
      const wallet = await newWallet(dir, 'c-tx')
      const { offer, tx_code: txCode } = await x5c.ask({ tx_code: true })
      equal(refusal(await wallet.acceptOffer({ offer, trust: { ca: [ca] } })), 'tx_code_needed', 'refusal without the code')
      const taken = await wallet.acceptOffer({ offer, trust: { ca: [ca] }, txCode })
      equal(taken.code, 0, said(taken))
    })
    for (const [label, issuer] of [['root', x5c], ['DID', did]]) {
      await report.check(`wallet: refuses an issuer whose ${label} it was not told to trust`, async () => {
        const wallet = await newWallet(dir, 'c-untrusting')
        const before = (await wallet.list()).stdout
        const { offer } = await issuer.ask({})
        equal(refusal(await wallet.acceptOffer({ offer, trust: {} })), 'untrusted', 'refusal')
        equal((await wallet.list()).stdout, before, 'the list afterwards')
      })
    }
  } finally {
    await Promise.all([x5c.stop(), did.stop()])
  }
}
