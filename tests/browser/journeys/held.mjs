// What a member can show keeps itself fresh: what was promised comes, what was refused is told, what was revoked is not offered.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'
import { startLater } from '../lib/later.mjs'
import { answerOf, binary, newWallet, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'What a member can show'
// As long as something that was promised may take to be asked for once more, and a page to tell of it.
const moments = { timeout: 60000 }

export async function run({ report, network, browser }) {
  const issuer = await startLater(network.dir)
  const { store, terminal } = await makeMember(network, 'held')
  const { store: other } = await newWallet(network.dir, 'held-outside')
  const offered = await network.offer()
  await terminal('accept-offer', offered.offer)
  const [wallet, outside] = [await serveWallet(store), await serveWallet(other, { trust: { ca: [issuer.ca] } })]
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const foreign = await openPage(browser, phone)
  const { page } = hand
  const seen = lookingAs('held')
  const text = (at) => at.locator('main').innerText()
  const takeOffer = async () => {
    await foreign.page.goto(`${outside.url}/open?link=${encodeURIComponent(issuer.offer())}`)
    const open = foreign.page.locator('main').getByRole('button', { name: 'Open it' })
    if (await open.count()) await open.click()
    await foreign.page.getByRole('button', { name: 'Take it' }).click()
    await foreign.page.locator('h1').waitFor()
    await foreign.page.goto(`${outside.url}/held`)
  }
  try {
    await report.check('where nothing is held the page says what comes here', async () => {
      await unlock(foreign.page, outside, '/held')
      truthy((await text(foreign.page)).includes('Nothing yet'), await text(foreign.page))
      await seen(foreign.page, 'nothing yet')
    })
    await report.check('what was promised comes while the page is open, without the member doing anything', async () => {
      await takeOffer()
      await foreign.page.getByText('Being made').waitFor()
      const main = await text(foreign.page)
      truthy(main.includes('Library card') && main.includes('City library (later.localhost)') && main.includes('asks again by itself'), main)
      await seen(foreign.page, 'being made')
      const before = issuer.asked()
      issuer.ready()
      await foreign.page.getByText('Good').waitFor(moments)
      truthy(issuer.asked() > before, 'nobody was asked')
      truthy((await text(foreign.page)).includes('Enough for one use'), await text(foreign.page))
      await seen(foreign.page, 'it has come')
    })
    await report.check('it is thrown away by keyboard, after what follows was read and ticked', async () => {
      await foreign.page.getByRole('link', { name: 'Throw away: Library card' }).press('Enter')
      await seen(foreign.page, 'throwing away')
      await foreign.page.getByRole('button', { name: 'Throw away' }).press('Enter')
      await foreign.page.locator('.summary').waitFor()
      foreign.faults.splice(0)
      await foreign.page.locator('#sure').press('Space')
      await foreign.page.getByRole('button', { name: 'Throw away' }).press('Enter')
      await foreign.page.getByText('Nothing yet').waitFor()
    })
    await report.check('a promise that is not kept is told in the issuer’s words, and put away', async () => {
      issuer.later()
      await takeOffer()
      await foreign.page.getByText('Being made').waitFor()
      issuer.refuse('Your photograph is missing.')
      await foreign.page.getByText('Not given').waitFor(moments)
      truthy((await text(foreign.page)).includes('They say: Your photograph is missing.'), await text(foreign.page))
      await seen(foreign.page, 'not given')
      await foreign.page.getByRole('button', { name: 'Put away: Library card' }).click()
      await foreign.page.getByText('Nothing yet').waitFor()
    })
    await report.check('what an office checked is shown with its uses and its end, in Spanish and in the dark too', async () => {
      await unlock(page, wallet, '/held')
      const main = await text(page)
      truthy(/Enough for about \d+ uses/.test(main) && main.includes('Until 20') && main.includes('Get a new one'), main)
      await seen(page, 'good')
      await unlock(desk.page, wallet, '/held')
      truthy((await text(desk.page)).includes('Alcanza para unos'), await text(desk.page))
      await seen(desk.page, 'good, in Spanish')
    })
    await report.check('it is had anew by one touch', async () => {
      await page.getByRole('button', { name: /^Get a new one/ }).first().tap()
      await page.locator('h1', { hasText: 'Your wallet has something new' }).waitFor(moments)
      await seen(page, 'had anew')
    })
    await report.check('what was revoked is shown as revoked in words, and not offered when somebody asks', async () => {
      await answerOf([binary, 'issuer', 'revoke', offered.handle, '--data', network.data])
      await page.goto(`${wallet.url}/held`)
      await page.getByRole('button', { name: 'Look whether it still counts' }).tap()
      await page.getByText('Revoked', { exact: false }).first().waitFor()
      truthy((await text(page)).includes('It is not offered any more when somebody asks'), await text(page))
      await seen(page, 'revoked')
      await page.goto(`http://harbour.localhost:${network.port}/join`)
      const link = await page.locator('.actions a').first().getAttribute('href')
      await page.goto(addressAt(wallet, link))
      await page.locator('main').getByText('do not have', { exact: false }).first().waitFor()
      equal(await page.getByRole('button', { name: 'Share', exact: true }).count(), 0, 'buttons to share')
      await page.goto(wallet.url)
      equal(await page.locator('a[href="/held"]').count(), 1, 'home says no more than the menu')
    })
    await report.check('the terminal says the same', async () => {
      // No page asks any more for what is not served then.
      for (const { page, faults } of [hand, desk]) {
        await page.goto('about:blank')
        equal(faults, [], 'faults')
      }
      await wallet.stop()
      const listed = await answerOf([binary, 'wallet', 'list', '--store', store, '--json'])
      equal(listed.credentials.map(({ state }) => state), ['revoked'], 'states')
    })
    equal(foreign.faults, [], 'faults')
  } finally {
    for (const one of [hand, desk, foreign]) await one.close()
    await Promise.all([wallet.stop(), outside.stop()])
    issuer.close()
  }
}
