// Members of before come in from a table: looked at first, taken in once, invited when somebody says so.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'Taking in a table of members'

const desk = { viewport: { width: 1280, height: 800 } }

/** Made up, with the headers of each program's published help pages. */
const tables = {
  'nexudus.csv': 'Location,FullName,Email,Active,SendWelcomeEmail,Plan,RegistrationDate,ContractStartDate\n1,Zoe Example,zoe@example.org,YES,NO,Desk,2026-01-02 10:00,2026-02-03 10:00\n1,Nobody,,YES,NO,,,\n',
  'cobot.csv': 'Name;Company;Address;Email;Plan Name;Start Date;Next Invoice Date;Paid For By\r\n"Ben Example";"Kiln; Ltd";"Street 1\r\nTown";ben@example.org;Fix Desk;2026-03-04;2026-04-01;\r\n',
  'officernd.csv': 'Member Name *,Location *,Start Date *,Email,Company\nCleo Example,Harbour,05/06/2026,cleo@example.org,\n',
  'own.csv': 'A\tB\tC\ndan@example.org\tDan\tExample\nnot an address\tX\tY\n',
}
const file = (name, encoding = 'utf8') => ({ name, mimeType: 'text/csv', buffer: Buffer.from(tables[name], encoding) })

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://harbour.localhost:${network.port}`
  const seen = lookingAs('import')
  const { page, close, faults } = await openPage(browser, desk)
  const places = [{ close }]
  const look = async (sent) => {
    await page.goto(`${space}/console/import`)
    await page.getByLabel('CSV file').setInputFiles(sent)
    await page.getByRole('button', { name: 'Look at it first' }).click()
    await page.getByRole('heading', { name: 'What will be taken in' }).waitFor()
  }
  const take = async (name) => {
    await page.getByRole('button', { name }).click()
    await page.waitForURL(/\/console\/import\?new=1/)
  }
  try {
    await authenticator(page, false)
    const { link } = await answerOf([binary, 'verifier', 'team', 'invite', 'harbour', '--name', 'Inge', '--role', 'owner', '--data', network.data])
    await page.goto(link)
    await page.getByRole('button', { name: 'Make a passkey' }).click()
    await page.waitForURL(`${space}/console`)
    await report.check('a table is looked at before anything is stored, and rows that are left out say why', async () => {
      await page.goto(`${space}/console/import`)
      await seen(page, 'nobody')
      await page.getByRole('button', { name: 'Look at it first' }).click()
      await page.getByText('Choose a file first.').first().waitFor()
      await seen(page, 'no file')
      await look(file('nexudus.csv'))
      await page.getByText('This looks like an export of Nexudus.').waitFor()
      await page.getByText('Line 3: there is no e-mail address.').waitFor()
      await seen(page, 'preview')
      await page.getByRole('link', { name: 'Cancel' }).click()
      await page.getByText('Nobody is here.').waitFor()
    })
    await report.check('exports of three programs are recognised and taken in', async () => {
      await look(file('nexudus.csv'))
      await take('Take 1 person in')
      await look(file('cobot.csv', 'utf16le'))
      await page.getByText('This looks like an export of Cobot.').waitFor()
      await take('Take 1 person in')
      await look(file('officernd.csv'))
      await page.getByText('This looks like an export of OfficeRnD.').waitFor()
      await page.getByText('1 date is left out').waitFor()
      await take('Take 1 person in')
      await page.getByText('1 person was taken in. Nobody got a mail.').waitFor()
      equal(await page.locator('input[name^=person-]').count(), 3, 'people')
    })
    await report.check('of any other table one says what its columns hold, by keys alone', async () => {
      await look(file('own.csv'))
      await page.getByText('Say which column holds the e-mail addresses.').first().waitFor()
      await seen(page, 'columns')
      await page.getByLabel('A', { exact: true }).selectOption('email')
      await page.getByLabel('B', { exact: true }).selectOption('given_name')
      await page.getByRole('button', { name: 'Look again' }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('Line 3: what stands there is no e-mail address.').waitFor()
      await take('Take 1 person in')
    })
    await report.check('the same table again adds nobody', async () => {
      await look(file('nexudus.csv'))
      await page.getByText('1 person was taken in before and stays as they are.').waitFor()
      equal(await page.getByRole('button', { name: /^Take/ }).count(), 0, 'nothing to take in')
      await seen(page, 'nothing new')
    })
    await report.check('those who are ticked are invited or deleted, and the look is noted', async () => {
      await page.goto(`${space}/console/import`)
      await page.getByRole('button', { name: 'Invite the chosen ones' }).click()
      await page.getByText('Tick those whom you mean first.').first().waitFor()
      await page.getByLabel(/Zoe Example/).check()
      await page.getByRole('button', { name: 'Invite the chosen ones' }).click()
      await page.getByText('1 person was invited.').waitFor()
      await page.getByText(/^invited 20/).waitFor()
      await seen(page, 'people')
      await page.getByLabel(/Cleo Example/).check()
      await page.getByRole('button', { name: 'Delete the chosen ones' }).click()
      await page.getByText('1 person was deleted.').waitFor()
      equal(await page.locator('input[name^=person-]').count(), 3, 'people that are left')
      await page.goto(`${space}/console/looks`)
      truthy((await page.getByText(/from a table/).count()) > 0, 'the look is noted')
    })
    await report.check('on a phone, in Spanish and in the dark', async () => {
      const hand = await openPage(browser, { ...phone, locale: 'es', colorScheme: 'dark' })
      places.push(hand)
      await authenticator(hand.page, false)
      const invited = await answerOf([binary, 'verifier', 'team', 'invite', 'harbour', '--name', 'Marta', '--role', 'manager', '--data', network.data])
      await hand.page.goto(invited.link)
      await hand.page.getByRole('button', { name: 'Crear una llave de acceso' }).click()
      await hand.page.waitForURL(`${space}/console`)
      await hand.page.goto(`${space}/console/import`)
      await seen(hand.page, 'personas')
      await hand.page.getByLabel('Archivo CSV').setInputFiles(file('cobot.csv'))
      await hand.page.getByRole('button', { name: 'Mirarla primero' }).click()
      await hand.page.getByRole('heading', { name: 'Qué se incorporará' }).waitFor()
      await seen(hand.page, 'vista previa')
      equal(hand.faults, [], 'faults on the phone')
    })
    // The 422 of a page is what a browser's console tells.
    equal(faults.filter((fault) => !fault.includes('422')), [], 'faults')
  } finally {
    for (const place of places) await place.close()
  }
}
