// The rules of a space without code: what people will see stands beside them, a version holds at once, and what is not registered is refused.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'The rules of a space'

export async function run({ report, network, browser }) {
  const space = `http://kiln-south.localhost:${network.port}`
  const { link } = await answerOf([binary, 'verifier', 'team', 'invite', 'kiln-south', '--name', 'Ida', '--role', 'owner', '--data', network.data])
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 } })
  const { page } = desk
  await authenticator(page, false)
  const look = lookingAs('rules')
  const seen = (what, of = page) => look(of, what)
  // A browser's console tells of each answer that is a refusal.
  const refusedOnPurpose = () => desk.faults.splice(0)
  const preview = page.locator('#preview')
  const detail = (label, what) => page.getByRole('group', { name: label, exact: true }).getByLabel(what)
  try {
    await page.goto(link)
    await page.getByRole('button', { name: 'Make a passkey' }).click()
    await page.waitForURL(`${space}/console`)

    await report.check('the list says of each form what it asks, who decides, and which version holds', async () => {
      await page.locator('nav summary').click()
      await page.getByRole('link', { name: 'Rules', exact: true }).click()
      await page.getByRole('heading', { name: 'Rules' }).waitFor()
      await page.getByText('Version 1,').first().waitFor()
      await seen('list')
    })
    await report.check('what people will see changes while it is written, and nothing is saved by that', async () => {
      await page.getByRole('link', { name: 'sign-up', exact: true }).click()
      await preview.getByText('Company').first().waitFor()
      await seen('form')
      const cut = await page.locator('.rule-row select').evaluateAll((all) => all.filter((select) => {
        const whole = select.parentElement.appendChild(select.cloneNode(true))
        whole.style.width = 'auto'
        const isCut = whole.offsetWidth > select.offsetWidth
        whole.remove()
        return isCut
      }).map((select) => select.name))
      equal(cut, [], 'choices that do not fit their field')
      await detail('Company', 'Asked').selectOption('Not asked')
      await preview.getByText('Company').first().waitFor({ state: 'hidden' })
      await page.getByLabel('How many members at a time').fill('20')
      await preview.getByText('20 places; whoever comes later waits for one.').waitFor()
      await seen('form with places')
      await page.reload()
      await preview.getByText('Company').first().waitFor()
    })
    await report.check('saved by keyboard, it holds at once for whoever is asked from then on', async () => {
      await detail('Company', 'Asked').selectOption('Not asked')
      await page.getByLabel('A person of the team decides').check()
      await page.getByRole('button', { name: 'Save' }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('Saved. Version 2 holds from now on.').waitFor()
      await seen('saved')
      const visitor = await openPage(browser, phone)
      await visitor.page.goto(`${space}/join`)
      const asked = await visitor.page.locator('main').innerText()
      truthy(!asked.includes('Company'), 'the page still asks for it')
      await visitor.close()
    })
    await report.check('what cannot be asked is told at once beside it, and saving changes nothing', async () => {
      await page.getByLabel('Only mail addresses of these organisations').fill('not a domain')
      await preview.getByText('write it as example.org').waitFor()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('.summary').getByText('write it as example.org').waitFor()
      await seen('refused')
      refusedOnPurpose()
      equal((await page.getByLabel('Only mail addresses of these organisations').inputValue()).split('\n')[0], 'not', 'what was typed')
    })
    await report.check('of two who change the same, the second is told, and sees what it is now', async () => {
      await page.goto(`${space}/console/rules/form/sign-up`)
      const second = await page.context().newPage()
      await second.goto(`${space}/console/rules/form/sign-up`)
      await second.getByLabel('How many members at a time').fill('7')
      await second.getByRole('button', { name: 'Save' }).click()
      await second.getByText('Saved. Version 3 holds').waitFor()
      await second.close()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Somebody else has changed this form meanwhile.').waitFor()
      refusedOnPurpose()
    })
    await report.check('by invitation only the button is gone from the space’s page, and the team still invites', async () => {
      await page.goto(`${space}/console/rules/form/sign-up`)
      await page.getByLabel('Only whom we invite').check()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Saved. Version 4 holds').waitFor()
      const visitor = await openPage(browser, phone)
      await visitor.page.goto(space)
      equal(await visitor.page.getByRole('link', { name: 'Sign up with Passport' }).count(), 0, 'buttons')
      await visitor.close()
      await answerOf([binary, 'verifier', 'request', 'kiln-south', '--data', network.data])
    })
    await report.check('an earlier version is looked at and put back', async () => {
      await page.getByRole('link', { name: /^Version 1,/ }).click()
      await page.getByRole('heading', { name: 'as it was' }).waitFor()
      await seen('earlier version')
      await page.getByRole('button', { name: 'Put this version back' }).click()
      await page.getByText('Saved. Version 5 holds').waitFor()
      await preview.getByText('Company').first().waitFor()
    })
    await report.check('a new form is made, asked and withdrawn', async () => {
      await page.goto(`${space}/console/rules/new`)
      await page.getByLabel('Name of the form').fill('Day pass')
      await detail('E-mail', 'Asked').selectOption('Needed')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('.summary').getByText('Give the form a name of lower-case letters').waitFor()
      refusedOnPurpose()
      await page.getByLabel('Name of the form').fill('day-pass')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Saved. Version 1 holds').waitFor()
      await answerOf([binary, 'verifier', 'request', 'kiln-south', '--form', 'day-pass', '--data', network.data])
      await page.locator('summary').getByText('Ask nobody any more').click()
      await page.getByRole('button', { name: 'Withdraw it' }).click()
      await page.getByText('not asked any more').waitFor()
      const refused = await passport([binary, 'verifier', 'request', 'kiln-south', '--form', 'day-pass', '--data', network.data])
      truthy(refused.code !== 0 && refused.stderr.includes('no form named day-pass'), refused.stderr)
    })
    await report.check('on a phone, in Spanish and in the dark', async () => {
      const cookies = await page.context().cookies()
      const hand = await openPage(browser, { ...phone, locale: 'es', colorScheme: 'dark' })
      await hand.page.context().addCookies(cookies)
      await hand.page.goto(`${space}/console/rules/form/sign-up`)
      await hand.page.getByRole('heading', { name: 'Lo que verá la gente' }).waitFor()
      await seen('form on a phone', hand.page)
      equal(hand.faults, [], 'rules broken')
      await hand.close()
    })
    await report.check('no page broke a rule or called another host', async () => equal(desk.faults, [], 'rules broken'))
  } finally {
    await desk.close()
  }
}
