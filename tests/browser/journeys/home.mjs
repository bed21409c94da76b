// The first page of a wallet, the menu that every page has, and the number on paper.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'
import { firstPassport } from '../lib/first-passport.mjs'

export const title = 'Home, menu and number card of a wallet'

const desktop = { viewport: { width: 1280, height: 800 } }

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const { store, terminal } = await makeMember(network, 'home')
  const anybody = await openPage(browser)
  await firstPassport({ network, terminal, page: anybody.page, address: 'home.journey@example.org' })
  await anybody.close()
  const { link, request } = await network.request({ space: 'kiln-north' })
  await terminal('present', link ?? request)
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { ...desktop, locale: 'es' })
  const plain = await openPage(browser, { ...phone, javaScriptEnabled: false })
  const seen = lookingAs('home')
  const open = (page) => unlock(page, wallet)
  const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement)
  const tabTo = async (page, locator) => {
    for (let presses = 0; presses < 30; presses += 1) {
      if (await hasFocus(locator)) return
      await page.keyboard.press('Tab')
    }
    throw new Error('not reached by the Tab key')
  }
  // What a visitor can do on a page, beside the menu.
  const offered = (page) =>
    page.locator('main :is(a, button, input)').evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => one.textContent.trim()))
  try {
    await report.check('home is the number, Scan, what spaces have and what waits; nothing else', async () => {
      await hand.page.addInitScript(() => {
        navigator.share = async (shared) => { window.handedOn = shared }
        navigator.canShare = () => true
      })
      await hand.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: wallet.url })
      await open(hand.page)
      const number = await hand.page.locator('.digits').innerText()
      truthy(/^\w{4}-\w{4}-\w{5}$/.test(number), `no number: ${number}`)
      truthy(await hand.page.locator('.qr').isVisible(), 'no QR code')
      equal(await offered(hand.page), ['Copy', 'Share', 'Is your recovery code on paper, and right? Try it once.', 'Scan', '1 space has details of you.'], 'what is there')
      await hand.page.getByRole('button', { name: 'Copy the number' }).click()
      await hand.page.getByText('Copied').first().waitFor()
      equal(await hand.page.evaluate(() => navigator.clipboard.readText()), number, 'the clipboard')
      await hand.page.getByRole('button', { name: 'Share the number' }).click()
      equal(await hand.page.evaluate(() => window.handedOn.text), number, 'what is handed on')
      await seen(hand.page, 'home')
    })
    await report.check('where a browser hands nothing on there is no button for it', async () => {
      await desk.page.addInitScript(() => { delete Navigator.prototype.share })
      await open(desk.page)
      equal((await offered(desk.page)).filter((one) => one === 'Compartir'), [], 'buttons')
      await seen(desk.page, 'home in Spanish')
    })
    await report.check('what was opened and not answered waits at home', async () => {
      const asked = await network.request({ space: 'kiln-north' })
      await hand.page.goto(addressAt(wallet, asked.link ?? asked.request))
      await hand.page.waitForURL(/\/asked\//)
      await hand.page.getByRole('link', { name: 'My network passport' }).click()
      await hand.page.getByRole('link', { name: 'Kiln North waits for you' }).click()
      await hand.page.getByRole('button', { name: 'Not now' }).click()
      await hand.page.getByText('Nothing was shared').first().waitFor()
    })
    const menu = (page) => page.locator('nav summary')
    await report.check('every page is in the menu, which tells where one is', async () => {
      for (const { page } of [hand, desk]) {
        await page.goto(`${wallet.url}/`)
        const addresses = await page.locator('nav a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
        equal(addresses, ['/', '/scan', '/messages', '/spaces', '/held', '/details', '/history', '/card', '/ways', '/lost', '/export', '/close'], 'pages')
        for (const address of addresses) {
          await page.goto(`${wallet.url}${address}`)
          await menu(page).click()
          const here = page.locator('nav [aria-current="page"]')
          equal(await here.evaluateAll((all) => all.map((one) => one.getAttribute('href'))), [address], 'the current page')
          truthy(await here.isVisible(), `the menu is closed at ${address}`)
          await seen(page, `the menu at ${address}`)
          await menu(page).click()
          await seen(page, address)
        }
      }
    })
    await report.check('by keyboard alone it is opened, left and used', async () => {
      const { page } = desk
      await page.goto(`${wallet.url}/`)
      await tabTo(page, menu(page))
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      truthy(await hasFocus(page.locator('nav a').first()), 'the first page has no focus')
      await page.keyboard.press('Escape')
      truthy(await hasFocus(menu(page)), 'the focus is lost')
      equal(await page.locator('nav a').first().isVisible(), false, 'open still')
      await page.keyboard.press('Space')
      await tabTo(page, page.locator('nav').getByRole('link', { name: 'Historial' }))
      await page.keyboard.press('Enter')
      await page.waitForURL(`${wallet.url}/history`)
      await menu(page).click()
      await page.locator('.foot').click()
      equal(await page.locator('nav a').first().isVisible(), false, 'open after a touch beside it')
    })
    await report.check('without scripts the menu opens, and locks the wallet', async () => {
      const { page } = plain
      await open(page)
      equal(await offered(page), ['Is your recovery code on paper, and right? Try it once.', 'Scan', '1 space has details of you.'], 'what is there')
      await menu(page).click()
      await page.locator('nav').getByRole('link', { name: 'Messages' }).click()
      await page.waitForURL(`${wallet.url}/messages`)
      await menu(page).click()
      await page.getByRole('button', { name: 'Lock' }).click()
      await page.waitForURL(`${wallet.url}/unlock`)
      equal(await page.locator('nav').count(), 0, 'a menu of a locked wallet')
    })
    await report.check('the number is printed as a card to be cut out, alone on its sheet', async () => {
      const { page } = hand
      await page.goto(`${wallet.url}/card`)
      await page.evaluate(() => { window.print = () => { window.printed = true } })
      await page.getByRole('button', { name: 'Print' }).click()
      truthy(await page.evaluate(() => window.printed), 'nothing is printed')
      await page.emulateMedia({ media: 'print' })
      const { width, height } = await page.locator('.number-card').boundingBox()
      // A bank card is 85.6 mm by 54 mm; CSS has 96 pixels an inch.
      truthy(Math.abs(width - 323.5) < 2 && height < 205, `${width} by ${height}`)
      const shown = await page.locator('body *').evaluateAll((all) => all.filter((one) => one.children.length === 0 && one.checkVisibility() && one.textContent.trim()).map((one) => one.closest('.number-card') !== null))
      truthy(shown.length > 2 && shown.every(Boolean), 'something else is printed')
      const inside = await page.locator('.number-card > *').evaluateAll((all) => all.every((one) => one.scrollWidth <= one.clientWidth + 1))
      truthy(inside, 'the card is too narrow')
      await page.emulateMedia({ media: 'screen' })
      await seen(page, 'number card')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults, ...plain.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await plain.close()
    await wallet.stop()
  }
}
