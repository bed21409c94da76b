// The directory of a space: a member shows details from the wallet, and a member, a visitor and the team see what is for each, until it is hidden.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember, unlock } from '../lib/member.mjs'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'The directory of a space'

const desk = { viewport: { width: 1280, height: 800 } }
const COMPANY = 'Larch and Linen'
const BIO = 'Weaves <b>linen</b>, and writes about it'

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const seen = lookingAs('directory')
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const joins = async (name, at = 'kiln-north') => {
    const { store, terminal } = await makeMember(network, name)
    await terminal('own', 'set', 'company', COMPANY)
    await terminal('own', 'set', 'bio', BIO)
    await terminal('accept-offer', (await network.offer()).offer)
    await terminal('present', (await network.request({ space: at })).link, '--preset', 'all')
    await terminal('collect')
    return { store, terminal }
  }
  const shows = await joins('directory-shows')
  const looks = await joins('directory-looks')
  const neighbour = await joins('directory-neighbour', 'kiln-south')
  const wallet = await serveWallet(shows.store)
  const places = []
  const begun = async (context) => {
    const place = await openPage(browser, context)
    places.push(place)
    return place
  }
  const member = await begun(desk)
  const visitor = await begun({ ...phone, locale: 'es' })
  const hand = await begun(phone)
  const owner = await begun(desk)
  const brand = await begun(phone)
  // Shows the membership that the page asks for, on the same device.
  const signIn = async ({ page }, store, path) => {
    await page.goto(space + path)
    const link = await page.locator('.actions a').first().getAttribute('href')
    const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
    await page.goto(stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0])
  }
  const main = (place) => place.page.locator('main').innerText()
  const at = async (place, path = '/people') => (await place.page.goto(space + path)).status()
  try {
    await report.check('a visitor is led to sign in, and a member signs in and finds nobody', async () => {
      await at(visitor)
      equal(await visitor.page.locator('.actions a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ['/sign-in', '/sign-in?of=brand'], 'where a visitor is led')
      await seen(visitor.page, 'for members, Spanish')
      await signIn(member, looks.store, '/sign-in')
      await member.page.getByRole('link', { name: 'The people here' }).click()
      await member.page.waitForURL(`${space}/people`)
      truthy((await main(member)).includes('Nobody shows anything here yet.'), 'somebody is there')
      await seen(member.page, 'nobody')
    })
    await report.check('what one shows to the members there from the wallet, another member sees, and only that', async () => {
      await unlock(hand.page, wallet, '/spaces')
      await hand.page.getByRole('link', { name: 'Kiln North', exact: true }).click()
      await hand.page.getByRole('link', { name: 'about you', exact: true }).click()
      await hand.page.getByRole('radio', { name: 'Also the members there' }).focus()
      await hand.page.keyboard.press('Space')
      await hand.page.keyboard.press('Enter')
      await hand.page.getByRole('heading', { name: 'Show to more people: about you' }).waitFor({ timeout: 20000 })
      await hand.page.locator('[data-guarded][data-ready]').first().waitFor()
      await hand.page.getByRole('button', { name: 'Show it' }).click()
      await hand.page.getByText('They signed it').first().waitFor({ timeout: 20000 })
      equal(await at(member), 200, 'status')
      const said = await main(member)
      truthy(said.includes(BIO) && said.includes('Someone without a name'), said)
      truthy(!said.includes(COMPANY), said)
      // The terminal opens what the pages have let go of.
      await hand.page.goto('about:blank')
      await wallet.stop()
      await shows.terminal('space', 'publish', 'Kiln North', 'given_name', 'members-here')
      await shows.terminal('space', 'publish', 'Kiln North', 'company', 'public')
      await at(member)
      await seen(member.page, 'members see')
      await member.page.locator('.person-name a').click()
      truthy(/^\/people\/[\w-]{22}$/.test(new URL(member.page.url()).pathname), member.page.url())
      truthy((await main(member)).includes(COMPANY), 'the company is not told')
      await seen(member.page, 'a person')
    })
    await report.check('found by keyboard alone, by what is shown', async () => {
      await at(member)
      await member.page.getByLabel('Search').focus()
      await member.page.keyboard.type('linen')
      await member.page.keyboard.press('Enter')
      await member.page.getByText('1 person was found.').waitFor()
      await seen(member.page, 'found')
      await at(member, '/people?q=x')
      await member.page.locator('#q-error').waitFor()
      await seen(member.page, 'too short')
    })
    await report.check('a member of another space of the brand sees what is for the brand, by a membership of there', async () => {
      await at(brand)
      await brand.page.getByRole('link', { name: 'I am a member of another space of the brand' }).click()
      await seen(brand.page, 'sign in of the brand')
      await signIn(brand, neighbour.store, '/sign-in?of=brand')
      equal(new URL(brand.page.url()).pathname, '/people', 'where the visit begins')
      const before = await main(brand)
      truthy(before.includes(COMPANY) && !before.includes(BIO), before)
      await shows.terminal('space', 'publish', 'Kiln North', 'bio', 'brand')
      await at(brand)
      truthy((await main(brand)).includes(BIO), 'what is for the brand is not told')
      await seen(brand.page, 'the brand sees')
      await brand.page.goto(`${space}/member`)
      equal(new URL(brand.page.url()).pathname, '/sign-in', 'a visit opens nothing else')
    })
    await report.check('the team opens it to everybody, and sees counts and no value', async () => {
      await authenticator(owner.page, false)
      const { link } = await team('team', 'invite', 'kiln-north', '--name', 'Olga', '--role', 'owner')
      await owner.page.goto(link)
      await owner.page.getByRole('button', { name: 'Make a passkey' }).click()
      await owner.page.waitForURL(`${space}/console`)
      await owner.page.locator('[data-menu] summary').click()
      await owner.page.getByRole('link', { name: 'Directory', exact: true }).click()
      await owner.page.waitForURL(`${space}/console/directory`)
      const said = await main(owner)
      truthy(said.includes('1 person publishes something.') && !said.includes(COMPANY), said)
      await seen(owner.page, 'console')
      await owner.page.getByRole('link', { name: 'Who publishes what' }).click()
      await owner.page.waitForURL(`${space}/console/directory/people`)
      truthy(!(await main(owner)).includes(COMPANY), 'a value in the list of who publishes what')
      await seen(owner.page, 'console, who publishes what')
      await owner.page.goto(`${space}/console/directory`)
      await owner.page.getByRole('radio', { name: 'For everybody' }).check()
      await owner.page.getByRole('button', { name: 'Save' }).click()
      await owner.page.getByText('Olga: For everybody').waitFor()
    })
    await report.check('a visitor sees what is for everybody, in Spanish on a phone, and nothing of what is for members', async () => {
      equal(await at(visitor), 200, 'status')
      const said = await main(visitor)
      truthy(said.includes(COMPANY) && !said.includes('linen'), said)
      await seen(visitor.page, 'everybody sees, Spanish')
      await visitor.page.locator('.person-name a').click()
      await seen(visitor.page, 'a person, Spanish')
    })
    await report.check('hidden is gone at the next load, for the member and the visitor alike', async () => {
      const page = new URL(visitor.page.url()).pathname
      await shows.terminal('space', 'hide', 'Kiln North', 'company')
      equal(await at(visitor, page), 404, 'a visitor')
      await at(visitor)
      truthy(!(await main(visitor)).includes(COMPANY), 'a visitor still sees it')
      equal(await at(member, page), 200, 'a member, who is still shown the rest')
      await shows.terminal('space', 'hide', 'Kiln North', 'given_name')
      await shows.terminal('space', 'hide', 'Kiln North', 'bio')
      equal(await at(member, page), 404, 'a member')
      await at(member)
      truthy((await main(member)).includes('Nobody shows anything here yet.'), 'somebody is there')
    })
    await report.check('no page asked for anything from elsewhere', () => equal(places.flatMap((place) => place.faults.filter((fault) => !/404|422/.test(fault))), [], 'faults'))
  } finally {
    for (const place of places) await place.close()
    await wallet.stop().catch?.(() => {})
  }
}
