// Credo's wallet takes credentials from our office.
import { join } from 'node:path'
import { reason, wallet } from '../../lib/credo.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'Credo wallet ← our office'

export async function run({ report, network }) {
  const ours = await network('http')
  const fresh = (label) => wallet(join(ours.dir, `credo-a-${label}.store`), { ca: [ours.ca] })

  await report.check('office: pre-authorised code', async () => {
    const { offer } = await ours.offer()
    const taken = await fresh('plain').acceptOffer(offer)
    equal(taken.json.ok, true, reason(taken))
    equal(taken.json.credentials[0].typ, 'dc+sd-jwt', 'typ')
    equal(taken.json.metadata_version, 'V1', 'metadata version')
  })
  await report.check('office: a batch, one key each', async () => {
    const { offer } = await ours.offer()
    const taken = await fresh('batch').acceptOffer(offer, '--batch', '3')
    equal(taken.json.ok, true, reason(taken))
    equal(taken.json.credentials[0].instances, 3, 'instances')
  })
  await report.check('office: transaction code', async () => {
    const { offer, tx_code: code } = await ours.offer({ txCode: true })
    truthy(code, 'the command printed no tx_code')
    const taken = await fresh('tx').acceptOffer(offer, '--tx-code', code)
    equal(taken.json.ok, true, reason(taken))
  })
  await report.check('office: a wrong transaction code is refused as invalid_grant', async () => {
    const { offer, tx_code: code } = await ours.offer({ txCode: true })
    const wrong = [...code].map((digit) => (digit === '1' ? '2' : '1')).join('')
    const refused = await fresh('wrong').acceptOffer(offer, '--tx-code', wrong)
    equal(refused.json.ok, false, 'outcome')
    truthy(reason(refused).includes('invalid_grant'), `refused for another reason: ${reason(refused)}`)
  })
  await report.check('office: a used offer is refused', async () => {
    const { offer } = await ours.offer()
    equal((await fresh('first').acceptOffer(offer)).json.ok, true, 'first use')
    const refused = await fresh('second').acceptOffer(offer)
    equal(refused.json.ok, false, 'second use')
    truthy(reason(refused).includes('invalid_grant'), `refused for another reason: ${reason(refused)}`)
  })
  await report.check('office: a wallet that does not trust the network refuses', async () => {
    const { offer } = await ours.offer()
    const refused = await wallet(join(ours.dir, 'credo-a-untrusting.store')).acceptOffer(offer)
    equal(refused.json.ok, false, 'outcome')
    truthy(reason(refused).includes('No trusted certificate'), `refused for another reason: ${reason(refused)}`)
  })
}
