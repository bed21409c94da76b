// Members at one host, each with a wallet of their own: two browsers at once, a second device, and another wallet in one browser.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'Wallets at a host'

export async function run({ report, network, browser }) {
  const descriptor = `http://operator.localhost:${network.port}/network.json`
  const host = await serveWallet(join(network.dir, 'host.store'), { bend: ['--host', '--network', descriptor] })
  const [hand, desk, other] = [await openPage(browser, phone), await openPage(browser, { viewport: { width: 1280, height: 800 } }), await openPage(browser, { ...phone, locale: 'es' })]
  const seen = lookingAs('wallet-host')
  const lock = async (page) => {
    await page.goto(host.url)
    await page.locator('nav summary').click()
    await page.getByRole('button', { name: /^(Lock|Bloquear)$/ }).click()
    await page.waitForURL(`${host.url}/unlock`)
  }
  try {
    await authenticator(hand.page, true)
    await report.check('the first screen offers to make and to open one, and says what the host can see', async () => {
      await hand.page.goto(`${host.url}/open`)
      await hand.page.getByRole('heading', { name: 'What this host can see, and what not' }).waitFor()
      await seen(hand.page, 'first screen')
      await other.page.goto(host.url)
      await other.page.getByRole('heading', { name: 'Qué puede ver este servidor y qué no' }).waitFor()
      await seen(other.page, 'first screen in Spanish')
    })
    await report.check('one touch makes a wallet and leads to the page that was asked for', async () => {
      await hand.page.locator('#by-passkey').click()
      await hand.page.waitForURL(`${host.url}/open`)
      await hand.page.goto(`${host.url}/details`)
      await hand.page.locator('#email').fill('one.of.two@example.org')
      await hand.page.getByRole('button', { name: 'Save' }).click()
    })
    await report.check('a second member makes theirs with a passphrase, and neither sees the other', async () => {
      await other.page.getByRole('link', { name: 'Usar una frase de acceso' }).click()
      await other.page.getByText('Usar una frase de acceso').click()
      await seen(other.page, 'making with a passphrase')
      await other.page.locator('#name').fill('cigüeña')
      await other.page.locator('#passphrase').fill(walletPassphrase)
      await other.page.getByRole('button', { name: 'Crearla con esta frase' }).click()
      await other.page.waitForURL(`${host.url}/`)
      await other.page.goto(`${host.url}/details`)
      equal(await other.page.locator('#email').inputValue(), '', 'the other member\'s address')
      await hand.page.goto(`${host.url}/details`)
      equal(await hand.page.locator('#email').inputValue(), 'one.of.two@example.org', 'address')
    })
    await report.check('a name and a passphrase open it on a second device, which gets a passkey of its own', async () => {
      await hand.page.goto(`${host.url}/ways`)
      await hand.page.locator('#wallet-name').fill('Heron-7')
      await hand.page.locator('#passphrase').fill(walletPassphrase)
      await hand.page.locator('#again').fill(walletPassphrase)
      await hand.page.getByRole('button', { name: 'Add the passphrase' }).click()
      await hand.page.waitForLoadState()
      await seen(hand.page, 'ways in at a host')
      await desk.page.goto(host.url)
      await desk.page.getByText('Open by name and passphrase').click()
      await desk.page.locator('#name').fill('heron-8')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.getByText('Name and passphrase open no wallet here').first().waitFor()
      await seen(desk.page, 'a name that nobody has')
      await desk.page.locator('#name').fill('heron-7')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${host.url}/`)
      desk.faults.splice(0)
      await authenticator(desk.page, true)
      await desk.page.goto(`${host.url}/ways`)
      equal(await desk.page.getByText(/begun \d{4}-\d\d-\d\d \d\d:\d\d, last used/).count(), 2, 'sessions with their times')
      await desk.page.locator('#name').fill('Desk')
      await desk.page.getByRole('button', { name: 'Add a passkey' }).click()
      await desk.page.getByText('Desk').first().waitFor()
    })
    await report.check('locked, the browser knows whose it is; and where it does not, the passkey does', async () => {
      await lock(desk.page)
      await desk.page.getByRole('heading', { name: 'Open your wallet' }).waitFor()
      await seen(desk.page, 'locked at a host')
      await desk.page.context().clearCookies()
      await desk.page.goto(`${host.url}/details`)
      await desk.page.locator('#open-by-passkey').click()
      await desk.page.waitForURL(`${host.url}/details`)
      equal(await desk.page.locator('#email').inputValue(), 'one.of.two@example.org', 'address')
    })
    await report.check('another wallet is opened in the same browser, and the first one is locked by that', async () => {
      await lock(desk.page)
      await desk.page.getByRole('link', { name: 'Open another wallet' }).click()
      await desk.page.getByText('Open by name and passphrase').click()
      await desk.page.locator('#name').fill('cigüeña')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${host.url}/`)
      await desk.page.goto(`${host.url}/details`)
      equal(await desk.page.locator('#email').inputValue(), '', 'the first wallet\'s address')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults, ...other.faults], [], 'faults'))
  } finally {
    for (const place of [hand, desk, other]) await place.close()
    await host.stop()
  }
}
