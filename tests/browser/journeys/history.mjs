// A member looks into the history, keeps a copy of it, and deletes of it.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'
import { readFile } from 'node:fs/promises'

export const title = 'The history'

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const { store, terminal } = await makeMember(network, 'history')
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const { page } = hand
  const seen = lookingAs('history')
  const open = (page, path) => unlock(page, wallet, path)
  const text = () => page.locator('main').innerText()
  const saved = async (name) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()])
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
  }
  try {
    await report.check('an ask that nobody answers is in the history, and so is the network that was joined', async () => {
      await open(page, '/history')
      truthy((await text()).includes('Networks'), 'no network')
      await page.goto(`${space}/join`)
      const link = await page.locator('.actions a').first().getAttribute('href')
      await page.goto(addressAt(wallet, link))
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
      await page.goto(`${wallet.url}/history`)
      const said = await text()
      truthy(said.includes('Kiln North') && said.includes('Complain to') && said.includes('Data protection'), said)
      await seen(page, 'some entries')
    })
    await report.check('what the wallet does by itself is left out, and chosen by a link or by its kind', async () => {
      await page.getByRole('link', { name: 'Show it', exact: true }).click()
      equal(await page.locator('#kind').inputValue(), 'by-itself', 'kind')
      await page.getByText('Nothing of that is in the history.').waitFor()
      await seen(page, 'nothing by itself')
      await page.getByRole('link', { name: 'Show all' }).click()
      truthy((await text()).includes('is left out here'), await text())
    })
    await report.check('it is found by kind, by whom and by day, by keyboard', async () => {
      await page.locator('summary', { hasText: 'Find in the history' }).press('Enter')
      await page.locator('#space').selectOption({ label: 'Kiln North' })
      await page.locator('#until').focus()
      await page.getByRole('button', { name: 'Show', exact: true }).press('Enter')
      await page.getByRole('link', { name: 'Show all' }).waitFor()
      truthy(!(await text()).includes('Networks:'), 'not only that')
      equal(await page.locator('section.card').count(), 1, 'entries')
      await seen(page, 'of one space')
      await page.locator('#until').fill('2001-01-01')
      await page.getByRole('button', { name: 'Show', exact: true }).click()
      await page.getByText('Nothing of that is in the history.').waitFor()
      await seen(page, 'nothing found')
      await page.getByRole('link', { name: 'Show all' }).click()
    })
    await report.check('a copy of it is a table, or for programs', async () => {
      await page.getByRole('link', { name: 'Keep a copy of the history' }).click()
      await seen(page, 'keeping a copy')
      const table = await saved('Table for a spreadsheet (CSV)')
      equal(table.name, 'passport-history.csv', 'name')
      equal(table.text.trim().split('\r\n').length, 3, 'lines')
      truthy(table.text.startsWith('"time","kind"'), table.text.slice(0, 80))
      equal(JSON.parse((await saved('For programs (JSON)')).text).history.length, 2, 'entries')
    })
    await report.check('month by month, turned off and on', async () => {
      await page.goto(`${wallet.url}/digests`)
      await seen(page, 'no digest yet')
      await page.getByRole('button', { name: 'Turn it off' }).click()
      await page.getByText('It is turned off.').waitFor()
      await page.getByRole('button', { name: 'Turn it on' }).click()
      await page.getByText('There is nothing yet.').waitFor()
    })
    await report.check('in Spanish and in the dark, at a desk', async () => {
      await open(desk.page, '/history')
      await seen(desk.page, 'in Spanish')
      await desk.page.goto(`${wallet.url}/history/delete`)
      await seen(desk.page, 'deleting in Spanish')
      await desk.page.goto(`${wallet.url}/digests`)
      await seen(desk.page, 'digests in Spanish')
    })
    await report.check('one entry is deleted after what is lost was read and ticked', async () => {
      await page.goto(`${wallet.url}/history`)
      await page.getByRole('link', { name: /^Delete this entry: .*Kiln North/ }).click()
      truthy((await text()).includes('It takes nothing back'), 'no warning')
      await seen(page, 'deleting one')
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.locator('.summary').waitFor()
      truthy((await text()).includes('Tick that you know'), 'no sentence')
      await seen(page, 'not ticked')
      hand.faults.splice(0)
      await page.locator('#sure').press('Space')
      await page.getByRole('button', { name: 'Delete' }).press('Enter')
      await page.getByText('1 entry was deleted.').waitFor()
      await seen(page, 'deleted')
      await page.goto(`${wallet.url}/history`)
      truthy(!(await text()).includes('Kiln North ('), 'it is there still')
    })
    await report.check('everything is deleted, and nothing more is told', async () => {
      await page.goto(`${wallet.url}/history/delete`)
      await page.locator('#which-everything').check()
      await page.locator('#sure').check()
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByText('entry was deleted.').waitFor()
      await page.goto(`${wallet.url}/history`)
      truthy((await text()).includes('Nothing has happened yet.'), 'something is there')
      await seen(page, 'empty')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
