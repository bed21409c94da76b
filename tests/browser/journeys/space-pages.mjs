// A space has pages of its own for its members, for booking, for who is there and for help: the wallet leads there, and back.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet, startNetwork } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember, unlock } from '../lib/member.mjs'

export const title = 'The pages that a space has for its members'

export async function run({ report, browser }) {
  const pages = { book: '/?for=booking', people: '/?for=people', help: '/privacy' }
  const network = await startNetwork({ pages: { 'kiln-north': pages } })
  const { store, terminal } = await makeMember(network, 'space-pages')
  await terminal('accept-offer', (await network.offer()).offer)
  for (const space of ['kiln-north', 'kiln-south']) {
    await terminal('present', (await network.request({ space })).link, '--preset', 'needed')
    await terminal('collect')
  }
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const { page } = hand
  const seen = lookingAs('space-pages')
  const links = () => page.getByRole('region', { name: 'At the space', exact: true }).getByRole('link').allInnerTexts()
  const at = async (space) => {
    await page.goto(`${wallet.url}/spaces`)
    await page.getByRole('link', { name: space, exact: true }).tap()
    await page.getByRole('heading', { name: space, level: 1 }).waitFor()
  }
  const back = async (space) => {
    await page.getByRole('link', { name: 'Back', exact: true }).tap()
    await page.getByRole('heading', { name: space, exact: true, level: 1 }).waitFor()
  }
  try {
    await report.check('they are known once the space was asked something: opening a page of the wallet asks nobody', async () => {
      await unlock(page, wallet, '/spaces')
      await at('Kiln North')
      equal(await links(), [], 'links')
      await page.getByRole('button', { name: 'Ask what it has' }).tap()
      await page.getByRole('heading', { name: 'What Kiln North says it has' }).waitFor({ timeout: 20000 })
      await back('Kiln North')
      equal(await links(), ['Book', 'People', 'Help'], 'links')
      await seen(page, 'with its pages')
    })
    await report.check('each leads to the space, by one tap, and back again', async () => {
      for (const [name, path] of [['Book', pages.book], ['People', pages.people], ['Help', pages.help]]) {
        const [answer] = await Promise.all([
          page.waitForResponse((answer) => answer.url() === `http://kiln-north.localhost:${network.port}${path}`),
          page.getByRole('link', { name, exact: true }).tap(),
        ])
        equal([answer.status(), answer.request().headers().referer], [200, undefined], name)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.goBack()
        await page.getByRole('heading', { name: 'Kiln North', level: 1 }).waitFor()
      }
    })
    await report.check('a space that names one of them has that one, and its directory', async () => {
      await at('Kiln South')
      await page.getByRole('button', { name: 'Ask what it has' }).tap()
      await page.getByRole('heading', { name: 'What Kiln South says it has' }).waitFor({ timeout: 20000 })
      await back('Kiln South')
      equal(await links(), ['People', 'Help'], 'links')
    })
    await report.check('in Spanish and in the dark, at a desk', async () => {
      await unlock(desk.page, wallet, '/spaces')
      await desk.page.getByRole('link', { name: 'Kiln North', exact: true }).click()
      truthy(await desk.page.getByRole('link', { name: 'Reservar', exact: true }).isVisible(), 'no link')
      await seen(desk.page, 'in Spanish')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
    await network.close()
  }
}
