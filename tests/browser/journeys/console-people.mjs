// What a team knows of its members: a note that the member reads, what members did, and a table to carry away that is true at its moment.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember, unlock } from '../lib/member.mjs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'A team and what it knows of its members'

const desk = { viewport: { width: 1280, height: 800 } }
const COMPANY = 'Larch and Linen'
const NOTE = 'Has a locker on the second floor.'

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const seen = lookingAs('console-people')
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const { store, terminal } = await makeMember(network, 'console-people')
  await terminal('own', 'set', 'company', COMPANY)
  await terminal('accept-offer', (await network.offer()).offer)
  await terminal('present', (await network.request({ space: 'kiln-north' })).link, '--preset', 'all')
  await terminal('collect')
  const places = []
  const enter = async (context, name, role, button) => {
    const place = await openPage(browser, { ...context, acceptDownloads: true })
    places.push(place)
    await authenticator(place.page, false)
    const { link } = await team('team', 'invite', 'kiln-north', '--name', name, '--role', role)
    await place.page.goto(link)
    await place.page.getByRole('button', { name: button }).click()
    await place.page.waitForURL(`${space}/console`)
    return place
  }
  const tableOf = async (page, button) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()])
    equal(download.suggestedFilename(), 'people.csv', 'name of the file')
    return readFileSync(await download.path(), 'utf8')
  }
  try {
    const owner = await enter(desk, 'Olga', 'owner', 'Make a passkey')
    const { page } = owner
    let contact
    await report.check('notes are off until the owner turns them on; the form says who reads them', async () => {
      await page.goto(`${space}/console/notes`)
      await page.getByText('Nobody writes notes.').waitFor()
      await seen(page, 'notes off')
      await page.getByRole('button', { name: 'Let the team write notes' }).click()
      await page.getByText('The team may write notes.').waitFor()
      await seen(page, 'notes on')
      await page.goto(`${space}/console/contacts`)
      await page.locator('#members a').first().click()
      contact = page.url()
      await page.getByText('The member can read this.').waitFor()
      await page.getByLabel('A note').fill(NOTE)
      await seen(page, 'writing a note')
      await page.getByRole('button', { name: 'Write the note' }).click()
      await page.getByText('There are notes.').waitFor()
      equal(await page.getByText(NOTE).count(), 0, 'the note is shown before anybody asked for it')
      await page.getByRole('button', { name: 'Show what they gave' }).click()
      await page.getByText(NOTE).waitFor()
      await seen(page, 'a note')
    })
    await report.check('the member reads it in the wallet', async () => {
      const wallet = await serveWallet(store)
      const hand = await openPage(browser, phone)
      places.push(hand)
      await unlock(hand.page, wallet, '/spaces')
      await hand.page.getByRole('link', { name: 'Kiln North', exact: true }).click()
      await hand.page.getByRole('button', { name: 'Ask what it has' }).click()
      await hand.page.getByRole('heading', { name: 'What the team wrote about you' }).waitFor({ timeout: 20000 })
      await hand.page.getByText(NOTE).waitFor()
      await hand.page.getByText('Olga, 20').waitFor()
      await seen(hand.page, 'what the team wrote')
      equal(hand.faults, [], 'faults in the wallet')
      // The terminal opens what the pages have let go of.
      await hand.page.goto('about:blank')
      await wallet.stop()
    })
    await report.check('a table has what is held at its moment, with whose word it is', async () => {
      await page.goto(`${space}/console/export`)
      await seen(page, 'export')
      await page.getByRole('button', { name: 'Make the table' }).click()
      await page.getByText('Tick the details that you need.').first().waitFor()
      await seen(page, 'export, nothing chosen')
      await page.getByLabel(/Company/).check()
      const table = await tableOf(page, 'Make the table')
      truthy(table.startsWith('company,kind,plan,since,word_of,kept_until,id\r\n'), table)
      truthy(table.includes(`\r\n${COMPANY},member,`) && table.includes('company: own'), table)
    })
    await report.check('what the member takes back is on the first page at once, and in no table from then on', async () => {
      await page.goto(`${space}/console`)
      await page.getByText('No member changed anything.').waitFor()
      await seen(page, 'nothing today')
      await terminal('space', 'take-back', 'Kiln North', 'company')
      await page.getByText('Something taken back 1 time.').waitFor({ timeout: 15000 })
      await seen(page, 'today')
      const out = join(network.dir, 'people.csv')
      await team('contacts', 'export', 'kiln-north', '--out', out).catch(() => {})
      truthy(!readFileSync(out, 'utf8').includes(COMPANY), 'the terminal still carries it away')
      await page.goto(`${space}/console/export`)
      equal(await page.getByLabel(/Company/).count(), 0, 'a detail that nobody gave')
      await page.goto(contact)
      await page.getByRole('heading', { name: 'What the member did' }).waitFor()
      await page.getByText(/took back. Which: company/i).waitFor()
      await seen(page, 'what the member did')
      await page.goto(`${space}/console/looks`)
      await page.getByText('a table of 1 person, carried away').first().waitFor()
    })
    await report.check('an auditor sees that there are notes and no word of them, in Spanish on a phone', async () => {
      const hand = await enter({ ...phone, locale: 'es', colorScheme: 'dark' }, 'Otto', 'auditor', 'Crear una llave de acceso')
      await seen(hand.page, 'auditoria')
      await hand.page.goto(`${space}/console/notes`)
      await hand.page.getByText('Hay notas sobre 1 persona.').waitFor()
      equal(await hand.page.getByRole('button', { name: 'Que no se escriban más notas' }).count(), 0, 'what an owner decides')
      await seen(hand.page, 'notas')
      equal((await hand.page.goto(`${space}/console/export`)).status(), 403, 'status of the table')
      await hand.page.goto(`${space}/console/looks`)
      equal(await hand.page.getByText(NOTE).count(), 0, 'the note in the list of looks')
    })
    equal(owner.faults.filter((fault) => !fault.includes('422')), [], 'faults')
  } finally {
    for (const place of places) await place.close()
  }
}
