// What each role of a space's team sees and may do, and that a lost passkey, another role and the end of the access end every session.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'Roles of a space’s team'

const desk = { viewport: { width: 1280, height: 800 } }
const menus = {
  owner: ['What waits', 'Front desk', 'Doors', 'Offered instead', 'Refused answers', 'Objections', 'People', 'Directory', 'Take in a table', 'Carry a table away', 'Rules', 'Notes', 'Sites', 'Program keys', 'Going out', 'Team', 'Who looked', 'Your access'],
  manager: ['What waits', 'Front desk', 'Doors', 'Offered instead', 'Refused answers', 'Objections', 'People', 'Directory', 'Take in a table', 'Carry a table away', 'Rules', 'Notes', 'Sites', 'Going out', 'Who looked', 'Your access'],
  desk: ['What waits', 'Front desk', 'Doors', 'Offered instead', 'Refused answers', 'People', 'Notes', 'Your access'],
  auditor: ['What waits', 'Rules', 'Notes', 'Who looked', 'Your access'],
}
const headings = {
  owner: ['Today', 'People and tables', 'Rules and notes', 'Connections', 'Team and access'],
  manager: ['Today', 'People and tables', 'Rules and notes', 'Connections', 'Team and access'],
  desk: ['Today', 'People and tables', 'Rules and notes', 'Team and access'],
  auditor: ['Today', 'Rules and notes', 'Team and access'],
}

export async function run({ report, network, browser }) {
  const space = `http://kiln-south.localhost:${network.port}`
  const seen = lookingAs('team-roles')
  const team = (...words) => answerOf([binary, 'verifier', 'team', ...words, '--data', network.data])
  const places = {}
  const enter = async (name, role, context = desk) => {
    const place = await openPage(browser, context)
    places[name] = place
    await authenticator(place.page, false)
    const { link } = await team('invite', 'kiln-south', '--name', name, '--role', role)
    await place.page.goto(link)
    await place.page.getByRole('button', { name: 'Make a passkey' }).click()
    await place.page.waitForURL(`${space}/console`)
    return place.page
  }
  try {
    for (const [role, wanted] of Object.entries(menus)) {
      await report.check(`${role}: the menu has what this role may do, and each line opens`, async () => {
        const page = await enter(`The ${role}`, role, role === 'auditor' ? phone : desk)
        await page.locator('[data-menu] summary').click()
        equal(await page.locator('.menu li a').allInnerTexts(), wanted, 'menu')
        equal(await page.locator('.menu-title').allInnerTexts(), headings[role], 'headings of the menu')
        const { height } = await page.locator('.menu-panel').boundingBox()
        truthy(height <= page.viewportSize().height - 60, `the menu is ${height} high`)
        await seen(page, `menu of ${role}`)
        const addresses = await page.locator('.menu li a').evaluateAll((links) => links.map((link) => link.href))
        for (const address of addresses) {
          equal((await page.goto(address)).status(), 200, address)
          equal(await page.locator('h1').count(), 1, `headings at ${address}`)
          if (role === 'owner') await seen(page, new URL(address).pathname)
        }
        const others = menus.owner.filter((line) => !wanted.includes(line))
        truthy(role === 'owner' || others.length > 0, 'nothing is kept from this role')
        equal(places[`The ${role}`].faults, [], 'faults')
      })
    }
    await report.check('an auditor who types an address is told that the role does not open it', async () => {
      const { page } = places['The auditor']
      equal((await page.goto(`${space}/console/contacts`)).status(), 403, 'status')
      await page.getByRole('heading', { name: 'Your role does not open this' }).waitFor()
      await seen(page, 'no right')
    })
    await report.check('whoever lost every passkey is let in again, and the old ones count no more', async () => {
      const { page } = places['The desk']
      const { link } = await team('again', 'kiln-south', 'The desk')
      await page.goto(`${space}/console`)
      await page.waitForURL(/\/console\/sign-in/)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.getByText('This was not accepted.').waitFor()
      await seen(page, 'not accepted')
      await page.goto(link)
      await page.getByRole('button', { name: 'Make a passkey' }).click()
      await page.waitForURL(`${space}/console`)
    })
    await report.check('an owner makes a key for a program, sees it once, and revokes it', async () => {
      const { page } = places['The owner']
      await page.goto(`${space}/console/keys`)
      await page.getByLabel('Name').fill('booking')
      await page.getByRole('button', { name: 'Make the key' }).click()
      await page.locator('#scopes-error').waitFor()
      await seen(page, 'a key that may do nothing')
      equal(await page.getByLabel('Name').inputValue(), 'booking', 'what was typed')
      await page.getByLabel('See what you ask').check()
      await page.getByLabel('It works for').selectOption('30')
      await page.getByRole('button', { name: 'Make the key' }).click()
      await page.getByRole('heading', { name: 'The key “booking”' }).waitFor()
      const key = await page.locator('#key').inputValue()
      await seen(page, 'a key that was made')
      const ask = (path) => page.evaluate(async ([at, key]) => (await fetch(at, { headers: { authorization: `Bearer ${key}` } })).status, [path, key])
      equal([await ask('/api/v1/forms'), await ask('/api/openapi.json')], [200, 200], 'what the program may ask')
      await page.getByRole('link', { name: 'To your keys' }).click()
      await page.locator('[data-row=booking]').waitFor()
      truthy(!(await page.content()).includes(key), 'the key is shown again')
      await seen(page, 'keys')
      await page.setViewportSize({ width: 390, height: 844 })
      await seen(page, 'keys on a phone')
      await page.setViewportSize(desk.viewport)
      await page.getByText('Change booking').click()
      await page.getByRole('button', { name: 'Revoke this key' }).click()
      await page.getByText('There is no key yet.').waitFor()
      equal(await ask('/api/v1/forms'), 401, 'after it was revoked')
      // A browser reports the answers that are errors, as they are to be here.
      equal(places['The owner'].faults.filter((fault) => !/status of (401|422)/.test(fault)), [], 'faults')
      places['The owner'].faults.length = 0
    })
    await report.check('an owner changes a role and ends an access; the pages of that person go at once', async () => {
      const { page } = places['The owner']
      const other = places['The manager'].page
      await other.goto(`${space}/console`)
      await page.goto(`${space}/console/team`)
      await page.getByText('Change The manager').click()
      await page.locator('details[open] select').selectOption('auditor')
      await seen(page, 'changing somebody')
      await page.locator('details[open]').getByRole('button', { name: 'Change role' }).click()
      await page.waitForURL(`${space}/console/team`)
      await other.waitForURL(/\/console\/sign-in/, { timeout: 30000 })
      await page.getByText('Change The manager').click()
      await page.locator('details[open]').getByRole('button', { name: 'End access' }).click()
      await page.waitForURL(`${space}/console/team`)
      equal(await page.getByText('The manager').count(), 0, 'still in the list')
    })
    await report.check('the screen at the desk locks itself after a while to what is nobody’s', async () => {
      const { page } = places['The desk']
      await page.clock.install()
      await page.goto(`${space}/console/desk`)
      await page.getByRole('heading', { name: 'Front desk' }).waitFor()
      await seen(page, 'front desk')
      await page.clock.fastForward(121000)
      await page.waitForURL(`${space}/console/locked`)
      await seen(page, 'locked')
      await page.goto(`${space}/console`)
      await page.waitForURL(/\/console\/sign-in/)
    })
  } finally {
    for (const place of Object.values(places)) await place.close()
  }
}
