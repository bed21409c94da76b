// A member looks after what spaces have: changes, shows, hides, ends, takes back, leaves; and the spaces have done it.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { answerOf, binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const title = 'What spaces have, in the wallet'

const COMPANY = 'Canary Mills'
const BIO = 'Bakes bread <b>at night</b>'

export async function run({ report, network, browser }) {
  const store = join(network.dir, 'spaces.store')
  const terminal = async (...words) => {
    const { code, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
  }
  // What a space's own team sees.
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const members = async (space) => (await team('member', 'list', space)).members
  const given = async (space, contact) => (await team('contact', space, contact, '--values')).given
  const valueAt = async (space, contact, claim) => (await given(space, contact)).find((one) => one.claim === claim)?.value
  const mine = {}
  const joins = async (space) => {
    const before = (await members(space)).map(({ sub }) => sub)
    await terminal('present', (await network.request({ space })).link, '--preset', 'all')
    await terminal('collect')
    mine[space] = (await members(space)).find(({ sub }) => !before.includes(sub))
    truthy(mine[space]?.contact, `no member of ${space}`)
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  await terminal('own', 'set', 'company', COMPANY)
  await terminal('own', 'set', 'bio', BIO)
  await terminal('accept-offer', (await network.offer()).offer)
  await joins('kiln-north')
  await joins('kiln-south')
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es' })
  const { page } = hand
  const text = (of = page) => of.locator('main').innerText()
  const shows = async (part) => truthy((await text()).includes(part), `${part} is not told: ${await text()}`)
  const seen = async (what, of = page) => {
    equal(await accessibilityFaults(of), [], `accessibility faults, ${what}`)
    equal(await sidewaysScroll(of), false, `sideways, ${what}`)
    if (process.env.PASSPORT_SCREENS) await of.screenshot({ path: join(process.env.PASSPORT_SCREENS, `${what.replaceAll(' ', '-')}${of === page ? '' : '-desk'}.png`), fullPage: true })
  }
  const open = async (of) => {
    await of.goto(`${wallet.url}/spaces`)
    await of.locator('#passphrase').fill(walletPassphrase)
    await of.keyboard.press('Enter')
    await of.waitForURL(`${wallet.url}/spaces`)
  }
  const at = async (space, detail) => {
    await page.goto(`${wallet.url}/spaces`)
    await page.getByRole('link', { name: space, exact: true }).click()
    if (detail) await page.getByRole('link', { name: detail, exact: true }).click()
  }
  const done = () => page.getByText('done, and proven').first().waitFor({ timeout: 20000 })
  const ready = () => page.locator('[data-guarded][data-ready]').first().waitFor()
  try {
    await report.check('spaces are listed with where one is a member and since when, an office apart', async () => {
      await open(page)
      for (const part of ['Kiln North', 'Kiln South', 'you are a member since', 'it has 6 details of you', 'Your networks']) await shows(part)
      await seen('spaces')
    })
    await report.check('a space’s page has each detail with its value, why, until when, who sees it and who checked it', async () => {
      await at('Kiln North')
      for (const part of [COMPANY, BIO, 'Becoming a member', 'kept while you are a member, and 90 days after that', 'seen by the team', 'checked by your passport office', 'your own word, checked by nobody', 'you shared']) await shows(part)
      truthy(!page.url().includes('did'), page.url())
      await seen('a space')
    })
    await report.check('asked, the space says the same, and where its own pages are', async () => {
      await page.getByRole('button', { name: 'Ask what it has' }).click()
      await page.getByRole('heading', { name: 'What Kiln North says it has' }).waitFor({ timeout: 20000 })
      await shows(COMPANY)
      equal(await page.locator('.wrong-text').count(), 0, 'differences')
      await seen('what a space says')
      await page.getByRole('link', { name: 'As the members there' }).click()
      await shows('They see nothing of you.')
      await at('Kiln North')
      const help = page.getByRole('link', { name: 'Help', exact: true })
      equal(await help.getAttribute('href'), `http://kiln-north.localhost:${network.port}/privacy`, 'help')
      await seen('a space with pages of its own')
    })
    await report.check('shown to the members there after a question, by keyboard alone; then they see that and nothing else', async () => {
      await at('Kiln North', 'about you')
      await seen('a detail')
      await page.getByRole('radio', { name: 'Also the members there' }).focus()
      await page.keyboard.press('Space')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Show to more people: about you' }).waitFor({ timeout: 20000 })
      await ready()
      await seen('asked before it is shown')
      await page.getByRole('button', { name: 'Show it' }).focus()
      await page.keyboard.press('Enter')
      await done()
      await seen('shown to more people')
      const bio = (await given('kiln-north', mine['kiln-north'].contact)).find(({ claim }) => claim === 'bio')
      equal(bio.who_sees_it, 'members-here', 'who sees it')
      await at('Kiln North')
      await page.getByRole('button', { name: 'See me as others do' }).click()
      await page.getByText(BIO).waitFor({ timeout: 20000 })
      truthy(!(await text()).includes(COMPANY), await text())
      await seen('as others see me')
    })
    await report.check('hidden at once, given a day and relieved of it', async () => {
      await at('Kiln North', 'about you')
      await page.getByRole('radio', { name: 'The team only' }).check()
      await page.getByRole('button', { name: 'Save who sees it' }).click()
      await done()
      await at('Kiln North', 'about you')
      await page.getByRole('button', { name: 'Set the day' }).click()
      await page.locator('.summary').getByText('Choose a day').waitFor()
      await seen('no day')
      hand.faults.splice(0)
      await page.locator('#day').fill('2099-05-01')
      await page.getByRole('button', { name: 'Set the day' }).click()
      await done()
      await at('Kiln North', 'about you')
      await shows('Kept until 2099-05-01')
      await page.getByRole('button', { name: 'Remove the day' }).click()
      await done()
    })
    await report.check('one edit goes to the spaces that are ticked, after the difference was seen', async () => {
      await at('Kiln North', 'company')
      await page.getByRole('link', { name: 'Change it' }).click()
      equal(await page.locator('input[type=checkbox]').count(), 2, 'spaces that have it')
      await page.locator('#value').fill('New Mills')
      await seen('an edit')
      await page.getByRole('button', { name: 'See the difference' }).click()
      for (const part of [COMPANY, 'New Mills']) await shows(part)
      equal(await valueAt('kiln-north', mine['kiln-north'].contact, 'company'), COMPANY, 'sent already')
      await seen('the difference')
      await page.getByRole('radio', { name: 'All at once' }).check()
      await ready()
      await page.getByRole('button', { name: 'Change it' }).click()
      await page.getByText('done, and proven').nth(1).waitFor({ timeout: 40000 })
      await seen('what each space answered')
      for (const space of ['kiln-north', 'kiln-south']) equal(await valueAt(space, mine[space].contact, 'company'), 'New Mills', space)
    })
    await report.check('what is optional is taken back and is gone there; its proof is a file', async () => {
      await at('Kiln North', 'company')
      await page.getByRole('button', { name: 'Take back' }).click()
      await page.getByRole('heading', { name: 'Take back: company' }).waitFor({ timeout: 20000 })
      truthy(!(await text()).includes('Your membership there ends.'), await text())
      await seen('asked before it is taken back')
      await ready()
      await page.getByRole('button', { name: 'Take back' }).click()
      await done()
      equal(await valueAt('kiln-north', mine['kiln-north'].contact, 'company'), undefined, 'still there')
      equal(await valueAt('kiln-south', mine['kiln-south'].contact, 'company'), 'New Mills', 'taken from another space')
      await page.getByRole('link', { name: 'To the space’s page' }).click()
      await page.getByRole('link', { name: 'company: taken back' }).click()
      await seen('a proof')
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the proof' }).click()])
      equal((await readFile(await file.path(), 'utf8')).split('.').length, 3, 'parts of the proof')
    })
    await report.check('what is needed is kept after all when it is seen what follows; then taken back, and the membership ends', async () => {
      for (const decision of ['Keep', 'Take back']) {
        await at('Kiln North', 'e-mail address')
        await page.getByRole('button', { name: 'Take back' }).click()
        await page.getByText('Your membership there ends.').waitFor({ timeout: 20000 })
        for (const part of ['as they registered with the network', 'If you leave instead']) await shows(part)
        await seen('asked before what is needed is taken back')
        await ready()
        await page.getByRole(decision === 'Keep' ? 'link' : 'button', { name: decision, exact: true }).click()
        if (decision === 'Keep') await page.getByRole('heading', { name: 'Kiln North' }).waitFor()
      }
      await done()
      await shows('Your membership there has ended.')
      await seen('the membership has ended')
      const now = (await members('kiln-north')).find(({ sub }) => sub === mine['kiln-north'].sub)
      truthy(now?.standing !== 'active', JSON.stringify(now))
      await at('Kiln North')
      await shows('You left on')
      equal(await page.getByRole('button', { name: 'Ask what it has' }).count(), 0, 'asked as a member')
      await seen('a space that was left')
    })
    await report.check('muted and shown again', async () => {
      await at('Kiln South')
      await page.getByRole('button', { name: 'Mute' }).click()
      await page.getByText('You muted this space').waitFor()
      await page.goto(`${wallet.url}/authorize?${(await network.request({ space: 'kiln-south' })).link.split('?').slice(1).join('?')}`)
      await page.getByText('You muted this space, so what it asks is not shown.').waitFor({ timeout: 20000 })
      await seen('what a muted space asks')
      await at('Kiln South')
      await page.getByRole('button', { name: 'Show it again' }).click()
      await page.getByRole('button', { name: 'Mute' }).waitFor()
    })
    await report.check('in Spanish at a desk, every page once more', async () => {
      await open(desk.page)
      await seen('spaces in Spanish', desk.page)
      await desk.page.getByRole('link', { name: 'Kiln South', exact: true }).click()
      await seen('a space in Spanish', desk.page)
      await desk.page.getByRole('button', { name: 'Preguntar qué tiene' }).click()
      await desk.page.getByText('New Mills').waitFor({ timeout: 20000 })
      await seen('what a space says in Spanish', desk.page)
      await desk.page.goBack()
      await desk.page.getByRole('link', { name: 'empresa', exact: true }).click()
      await seen('a detail in Spanish', desk.page)
      await desk.page.getByRole('link', { name: 'Cambiarlo' }).click()
      await seen('an edit in Spanish', desk.page)
    })
    await report.check('who leaves sees what goes, stays if they wish, and leaves; two tabs do it once', async () => {
      await at('Kiln South')
      await page.getByRole('button', { name: 'Leave Kiln South' }).click()
      await page.getByRole('heading', { name: 'Leave Kiln South?' }).waitFor({ timeout: 20000 })
      for (const part of ['They erase:', 'Nothing stays.', 'Stay a member']) await shows(part)
      await seen('asked before leaving')
      const other = await page.context().newPage()
      await other.goto(page.url())
      await ready()
      await page.getByRole('button', { name: 'Leave', exact: true }).click()
      await done()
      await seen('left')
      await other.locator('[data-guarded][data-ready]').first().waitFor()
      await other.getByRole('button', { name: 'Leave', exact: true }).click()
      await other.getByText('You left Kiln South.').waitFor({ timeout: 20000 })
      await other.close()
      const now = (await members('kiln-south')).find(({ sub }) => sub === mine['kiln-south'].sub)
      truthy(now?.standing !== 'active', JSON.stringify(now))
      await page.goto(`${wallet.url}/spaces`)
      equal((await text()).match(/you left|You left/g)?.length, 2, 'spaces that were left')
      await page.goto(wallet.url)
      // Kiln North was left before, and still keeps what its rules name.
      await shows('1 space has details of you.')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
