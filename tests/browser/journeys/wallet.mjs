// A member opens the pages of their own wallet, and locks them again.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'The pages of a wallet'

export async function run({ report, network, browser }) {
  const store = join(network.dir, 'pages.store')
  const { code, stderr } = await passport([binary, 'wallet', 'init', '--store', store, '--yes'])
  if (code !== 0) throw new Error(`the wallet was not made: ${stderr}`)
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es' })
  const seen = lookingAs('wallet')
  const open = async (page, passphrase) => {
    await page.locator('#passphrase').fill(passphrase)
    await page.keyboard.press('Enter')
  }
  try {
    await report.check('locked, it shows nothing but the way in', async () => {
      await hand.page.goto(wallet.url)
      equal(new URL(hand.page.url()).pathname, '/unlock', 'path')
      truthy(await hand.page.locator('#passphrase').evaluate((field) => field === document.activeElement), 'the field has the focus')
      await seen(hand.page, 'locked')
    })
    await report.check('a wrong passphrase opens nothing and says what to do', async () => {
      await open(hand.page, 'wrong words altogether')
      await hand.page.locator('.summary').waitFor()
      truthy((await hand.page.locator('.summary').innerText()).includes('This does not open the wallet'), 'no sentence')
      equal(await hand.page.locator('#passphrase').inputValue(), '', 'what was typed')
      await seen(hand.page, 'wrong passphrase')
      // The 422 of that page is what a browser's console tells.
      hand.faults.splice(0)
    })
    await report.check('the right one opens it, by keyboard alone', async () => {
      await open(hand.page, walletPassphrase)
      await hand.page.waitForURL(`${wallet.url}/`)
      truthy((await hand.page.locator('h1').innerText()).includes('My network passport'), 'no home')
      truthy((await hand.page.locator('main').innerText()).includes('You have given no space your details.'), 'no sentence')
      await seen(hand.page, 'home')
    })
    await report.check('a phone can keep it as an application', async () => {
      await hand.page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true))
      const client = await hand.page.context().newCDPSession(hand.page)
      const { errors, url } = await client.send('Page.getAppManifest')
      equal(errors, [], 'errors of the manifest')
      equal(url, `${wallet.url}/manifest.webmanifest`, 'manifest')
    })
    await report.check('in Spanish at a desk, and locked again in one browser only', async () => {
      await desk.page.goto(`${wallet.url}/?from=link`)
      truthy((await desk.page.locator('h1').innerText()).includes('Abre tu cartera'), 'not Spanish')
      await open(desk.page, walletPassphrase)
      await desk.page.waitForURL(`${wallet.url}/?from=link`)
      await seen(desk.page, 'home in Spanish')
      await desk.page.locator('nav summary').click()
      await desk.page.getByRole('button', { name: 'Bloquear' }).click()
      await desk.page.waitForURL(`${wallet.url}/unlock`)
      await desk.page.goBack()
      equal(new URL(desk.page.url()).pathname, '/unlock', 'going back shows nothing')
      await hand.page.reload()
      equal(new URL(hand.page.url()).pathname, '/', 'the other browser is there still')
    })
    await report.check('a passkey that cannot open a wallet is not added, and it is said why', async () => {
      const without = await authenticator(hand.page, false)
      await hand.page.locator('nav summary').click()
      await hand.page.getByRole('link', { name: 'How your wallet opens' }).click()
      await seen(hand.page, 'ways in')
      await hand.page.getByRole('button', { name: 'Add a passkey' }).click()
      await hand.page.getByText('This passkey cannot open a wallet').waitFor()
      await seen(hand.page, 'a passkey that cannot')
      await without.remove()
    })
    await report.check('a passkey is added, opens the locked wallet, and is taken away', async () => {
      await authenticator(hand.page, true)
      await hand.page.locator('#name').fill('Red phone')
      await hand.page.getByRole('button', { name: 'Add a passkey' }).click()
      await hand.page.getByText('Red phone').waitFor()
      await seen(hand.page, 'a passkey')
      await hand.page.goto(wallet.url)
      await hand.page.locator('nav summary').click()
      await hand.page.getByRole('button', { name: 'Lock', exact: true }).click()
      await hand.page.waitForURL(`${wallet.url}/unlock`)
      await seen(hand.page, 'locked, with a passkey')
      await hand.page.locator('#by-passkey').click()
      await hand.page.waitForURL(`${wallet.url}/`)
      await hand.page.goto(`${wallet.url}/ways`)
      await hand.page.getByRole('button', { name: 'Take away Red phone' }).click()
      await hand.page.getByText('Red phone').waitFor({ state: 'detached' })
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
