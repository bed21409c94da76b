// A wallet that is opened at a device of somebody else: nothing stays there, and it is locked soon.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'A wallet at a borrowed device'

export async function run({ report, network, browser }) {
  const store = join(network.dir, 'borrowed.store')
  const { code, stderr } = await passport([binary, 'wallet', 'init', '--store', store, '--yes'])
  if (code !== 0) throw new Error(`the wallet was not made: ${stderr}`)
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const seen = lookingAs('borrowed')
  // What a browser keeps for the wallet's host.
  const kept = (page) =>
    page.evaluate(async () => ({
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      caches: await caches.keys(),
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).map(({ name }) => name),
    }))
  const nothing = { workers: 0, caches: [], local: [], session: [], databases: [] }
  const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement)
  const open = async (page) => {
    await page.goto(`${wallet.url}/unlock`)
    await page.locator('#borrowed').focus()
    await page.keyboard.press('Space')
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${wallet.url}/`)
  }
  try {
    await report.check('said to be borrowed, it opens by keyboard alone with the lock on each page', async () => {
      await hand.page.clock.install()
      await hand.page.goto(wallet.url)
      await seen(hand.page, 'locked')
      await open(hand.page)
      await seen(hand.page, 'home at a borrowed device')
      for (const path of ['/scan', '/messages', '/spaces', '/details', '/history', '/card', '/ways']) {
        await hand.page.goto(`${wallet.url}${path}`)
        truthy(await hand.page.getByRole('button', { name: 'Lock now' }).isVisible(), `no lock at ${path}`)
        await seen(hand.page, path)
      }
      equal(await hand.page.getByRole('button', { name: 'Add a passkey' }).count(), 0, 'passkeys to be added')
    })
    await report.check('nothing of it is kept by the browser', async () => {
      equal(await kept(hand.page), nothing, 'kept')
      const [cookie] = await hand.page.context().cookies(wallet.url)
      equal([cookie.name, cookie.expires, cookie.httpOnly], ['__Host-session', -1, true], 'the cookie, which ends with the browser')
    })
    await report.check('who is still there is told before it is locked, and stays by one touch', async () => {
      const { page } = hand
      await page.goto(`${wallet.url}/details`)
      await page.locator('#company').fill('half a word')
      equal(await page.getByRole('button', { name: 'Stay' }).isVisible(), false, 'warned too soon')
      await page.clock.fastForward(181_000)
      await page.getByText('Your wallet is locked in two minutes at the latest.').waitFor()
      await seen(page, 'soon locked')
      await page.getByRole('button', { name: 'Stay' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Stay' }).waitFor({ state: 'hidden' })
      truthy(await hasFocus(page.getByRole('button', { name: 'Lock now' })), 'the focus is lost')
      equal(await page.locator('#company').inputValue(), 'half a word', 'what was typed')
    })
    await report.check('locked, it says what is still to be done, and going back shows nothing', async () => {
      const { page } = hand
      await page.getByRole('button', { name: 'Lock now' }).click()
      await page.waitForURL(`${wallet.url}/left`)
      await seen(page, 'locked at a borrowed device')
      equal(await kept(page), nothing, 'kept')
      equal(await page.context().cookies(wallet.url), [], 'cookies')
      await page.goBack()
      equal(new URL(page.url()).pathname, '/unlock', 'going back shows nothing')
    })
    await report.check('a page that is left standing leads away when its time is over', async () => {
      const { page } = hand
      await open(page)
      await page.goto(`${wallet.url}/details`)
      // The wallet was locked meanwhile, as by its own clock.
      await page.context().clearCookies()
      await page.clock.fastForward(301_000)
      await page.waitForURL(/\/unlock/)
      equal(await page.locator('#company').count(), 0, 'details on the screen')
    })
    await report.check('in Spanish, in the dark, at a desk', async () => {
      await open(desk.page)
      await desk.page.getByText('Este dispositivo no es tuyo.').waitFor()
      await seen(desk.page, 'home')
      await desk.page.getByRole('button', { name: 'Bloquear ahora' }).click()
      await desk.page.waitForURL(`${wallet.url}/left`)
      await seen(desk.page, 'left')
    })
    await report.check('at an own device the wallet is kept as an application, as before', async () => {
      const own = await openPage(browser, phone)
      try {
        await own.page.goto(wallet.url)
        await own.page.locator('#passphrase').fill(walletPassphrase)
        await own.page.keyboard.press('Enter')
        await own.page.waitForURL(`${wallet.url}/`)
        await own.page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true))
        equal((await kept(own.page)).workers, 1, 'workers')
      } finally {
        await own.close()
      }
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
