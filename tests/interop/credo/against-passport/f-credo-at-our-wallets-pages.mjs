// A person takes what Credo's issuer offers and answers Credo's verifier, both outside any network, at our wallet's own pages.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startIssuer, startVerifier } from '../../lib/credo.mjs'
import { compatibility, newWallet, serveWallet, walletPassphrase } from '../../lib/passport.mjs'
import { equal, truthy } from '../../lib/report.mjs'

export const title = 'Credo ↔ the pages of our wallet'
const query = JSON.parse(readFileSync(new URL('../query.json', import.meta.url), 'utf8'))
const wanted = { address: { country: 'NL' }, given_name: 'Ada', nationalities: ['NL', 'DE'] }
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))

// The browser of the browser journeys, where their packages are installed.
async function browserOf(report) {
  const { accessibilityFaults, findChromium, launch, openPage, phone } = await import('../../../browser/lib/browser.mjs').catch(() => ({}))
  const chromium = findChromium?.()
  if (chromium) return { accessibilityFaults, openPage, phone, browser: await launch(chromium) }
  report.missing(title, findChromium ? 'no Chromium on this machine (Debian package `chromium`)' : 'the packages of tests/browser are not installed')
}

export async function run({ report, network }) {
  const found = await browserOf(report)
  if (!found) return
  const { dir } = await network('http')
  const file = (name, text) => (writeFileSync(join(dir, name), text), join(dir, name))
  const issuer = await startIssuer()
  const issuerCa = file('credo-f-issuer.pem', issuer.ready.ca_pem)
  const verifier = await startVerifier(['--client-id', 'x509_hash', '--ca', issuerCa])
  const stranger = await startIssuer()
  const trust = { ca: [issuerCa, file('credo-f-verifier.pem', verifier.ready.ca_pem)] }
  const { store } = await newWallet(dir, 'f')
  const wallet = await serveWallet(store, { trust, bend: compatibility.credoVerifier })
  const hand = await found.openPage(found.browser, found.phone)
  const { page } = hand
  const seen = async (what) => equal(await found.accessibilityFaults(page), [], `accessibility faults, ${what}`)
  const open = async (link) => {
    await page.goto(`${wallet.url}/open`)
    await page.locator('#link').fill(link)
    await page.getByRole('button', { name: 'Open it' }).click()
  }
  const said = async () => (await page.locator('main').innerText()).replace(/\s+/g, ' ')
  const share = async () => {
    await page.locator('[data-guarded][data-ready]').first().waitFor()
    await page.getByRole('button', { name: 'Share', exact: true }).click()
  }
  try {
    await page.goto(`${wallet.url}/unlock`)
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${wallet.url}/`)
    await report.check('pages: take what Credo offers, and Credo says that it was taken', async () => {
      const { offer, session } = await issuer.ask({})
      await open(offer)
      await page.getByRole('button', { name: 'Take it' }).waitFor()
      truthy((await said()).includes('Demo ID (urn:example:demo-id:1)'), await said())
      await seen('the offer')
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('Your wallet has something new').first().waitFor()
      equal((await issuer.outcome(session)).state, 'Completed', 'the issuer')
    })
    await report.check('pages: take it with the code that came another way, and nothing with a wrong one', async () => {
      const { offer, tx_code: code, session } = await issuer.ask({ tx_code: true })
      await open(offer)
      await page.locator('#code').fill(code === '000000' ? '111111' : '000000')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('They refused to give it').waitFor()
      await seen('a wrong code')
      await open(offer)
      await page.locator('#code').fill(code)
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('Your wallet has something new').first().waitFor()
      equal((await issuer.outcome(session)).state, 'Completed', 'the issuer')
    })
    await report.check('pages: answer what Credo asks, and Credo has what was shown and nothing else', async () => {
      const { request_uri: request, session } = await verifier.ask({ query })
      await open(request)
      await page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      const question = await said()
      for (const part of ['No network has admitted them', 'They do not say why.', 'Ada']) truthy(question.includes(part), `${part}: ${question}`)
      await seen('the question')
      await share()
      await page.getByText('has what you shared').first().waitFor()
      const outcome = await verifier.outcome(session)
      equal(outcome.ok, true, `the verifier: ${JSON.stringify(outcome).slice(0, 300)}`)
      // The peer's credential discloses nationalities as a whole, so both arrive although one was asked for.
      equal(sorted(outcome.presentations.demo[0].claims), wanted, 'claims seen by the verifier')
      truthy((await said()).includes('They signed nothing about what you shared.'), await said())
    })
    await report.check('pages: not now tells Credo nothing, and the same link is answered afterwards', async () => {
      const { request_uri: request, session } = await verifier.ask({ query })
      await open(request)
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
      equal((await verifier.outcome(session)).ok, undefined, 'outcome at the verifier')
      await open(request)
      await page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      await share()
      await page.getByText('has what you shared').first().waitFor()
      equal((await verifier.outcome(session)).ok, true, 'outcome at the verifier')
    })
    await report.check('pages: a no reaches Credo, with no value in it', async () => {
      const { request_uri: request, session } = await verifier.ask({ query })
      await open(request)
      await page.getByRole('button', { name: 'Say no to them' }).click()
      await page.getByText('You said no.').waitFor()
      const outcome = await verifier.outcome(session)
      equal(outcome.ok, false, `the verifier: ${JSON.stringify(outcome).slice(0, 300)}`)
      truthy(!JSON.stringify(outcome).includes('Ada'), 'a value in a no')
    })
    await report.check('pages: what somebody offers who is not trusted is not kept', async () => {
      const { offer } = await stranger.ask({})
      await open(offer)
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('That did not work').first().waitFor()
      await seen('an issuer that is not trusted')
    })
    await report.check('pages: none broke a rule or called another host', async () => equal(hand.faults, [], 'faults'))
  } finally {
    await hand.close()
    await found.browser.close()
    await wallet.stop()
    await Promise.all([issuer.stop(), verifier.stop(), stranger.stop()])
  }
}
