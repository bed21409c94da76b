// The console of a space's team: coming in by a link and a passkey, what waits, deciding by keys and by buttons, two browsers side by side.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember } from '../lib/member.mjs'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'The console of a space'

const desk = { viewport: { width: 1280, height: 800 } }
const tablet = { viewport: { width: 820, height: 1180 }, hasTouch: true }

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://harbour.localhost:${network.port}`
  const seen = lookingAs('console')
  const verifier = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const { terminal: wallet } = await makeMember(network, 'console')
  await wallet('accept-offer', (await network.offer()).offer)
  const signUp = async () => {
    const { link } = await verifier('request', 'harbour', '--form', 'own-desk')
    await wallet('present', link)
  }
  // The sign-up, or the part of the page, that has the focus.
  const focused = (page) => page.evaluate('document.activeElement.dataset.row ?? document.activeElement.id')
  const places = []
  const begun = async (context) => {
    const place = await openPage(browser, context)
    places.push(place)
    await authenticator(place.page, false)
    return place
  }
  const enter = async (page, name, role) => {
    const { link } = await verifier('team', 'invite', 'harbour', '--name', name, '--role', role)
    await page.goto(link)
    await page.getByRole('button', { name: 'Make a passkey' }).click()
    await page.waitForURL(`${space}/console`)
    return link
  }
  try {
    const owner = await begun(desk)
    const { page } = owner
    await report.check('nobody comes in without a session, and signing in leads on to where one wanted', async () => {
      await page.goto(`${space}/console/team`)
      equal(page.url(), `${space}/console/sign-in?next=%2Fconsole%2Fteam`, 'where one signs in')
      await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
      await seen(page, 'sign in')
    })
    await report.check('a link of the terminal makes a passkey, once', async () => {
      const { link } = await verifier('team', 'invite', 'harbour', '--name', 'Ines', '--role', 'owner')
      await page.goto(link)
      await page.getByLabel('What to call this passkey').fill('desk computer')
      await seen(page, 'link')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${space}/console`)
      await page.getByText('Nobody waits.').waitFor()
      await seen(page, 'nobody waits')
      const other = await begun(phone)
      equal((await other.page.goto(link)).status(), 410, 'the link again')
      await seen(other.page, 'link is over')
    })
    await report.check('signing out and in again with the passkey', async () => {
      await page.locator('[data-menu] summary').click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.waitForURL(`${space}/console/sign-in`)
      await page.goto(`${space}/console/access`)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.waitForURL(`${space}/console/access`)
      await page.getByText('desk computer').first().waitFor()
      await seen(page, 'access')
      await page.getByRole('button', { name: 'Link for another device' }).click()
      await page.getByRole('heading', { name: 'Your link for another device' }).waitFor()
      await seen(page, 'link for a device')
      await page.locator('#team-link').focus()
      equal(await page.locator('#team-link').evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd) === field.value), true, 'the whole link is selected')
    })
    await report.check('whoever signs up appears by itself, and is approved by keys alone', async () => {
      await page.goto(`${space}/console`)
      await signUp()
      await page.locator('[data-row]').waitFor({ timeout: 15000 })
      await seen(page, 'one waits')
      await page.keyboard.press('?')
      await page.getByRole('heading', { name: 'Shortcuts' }).waitFor()
      await seen(page, 'keys')
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'hidden' })
      await page.keyboard.press('j')
      truthy(await page.evaluate('Boolean(document.activeElement.dataset.row)'), `the focus is at ${await page.evaluate('document.activeElement.outerHTML.slice(0, 200) + document.querySelectorAll("[data-row]").length')}`)
      await page.keyboard.press('a')
      await page.getByText('Approved: Ada Example.').waitFor()
      await page.getByText('Nobody waits.').waitFor()
      equal(await focused(page), 'done', 'where one goes on when nobody waits')
      await seen(page, 'approved')
    })
    await report.check('a person is found by what they gave; values are shown after a step of their own, and the look is noted', async () => {
      await page.goto(`${space}/console/contacts`)
      await page.getByText('1 person, the newest first').waitFor()
      await page.keyboard.press('/')
      await page.keyboard.type('ADA')
      await page.keyboard.press('Enter')
      await page.getByText('1 person was found.').waitFor()
      await seen(page, 'found')
      await page.locator('[role=search] ~ ol a').first().click()
      await page.getByRole('heading', { name: 'Ada Example' }).waitFor()
      equal(await page.getByText('ada@').count(), 0, 'values before anybody asked for them')
      await seen(page, 'a person')
      await page.getByRole('button', { name: 'Show what they gave' }).click()
      await page.locator('.part strong').first().waitFor()
      await seen(page, 'what a person gave')
      await page.goto(`${space}/console/looks`)
      await page.getByText('everything one person gave').waitFor()
      await page.getByText('a search over 1 person').waitFor()
      await seen(page, 'looks')
    })
    await report.check('single letters can be switched off, and count in no field', async () => {
      await page.goto(`${space}/console`)
      await page.locator('#whom').focus()
      await page.keyboard.type('?j')
      equal(await page.locator('#whom').inputValue(), '?j', 'typed')
      await page.locator('#whom').fill('')
      await page.locator('h1').click()
      await page.keyboard.press('?')
      await page.locator('dialog input[type=checkbox]').uncheck()
      await page.keyboard.press('Escape')
      await page.locator('#whom').blur()
      await page.keyboard.press('i')
      truthy(!(await page.locator('#whom').evaluate('(field) => field === document.activeElement')), 'a key counts that is off')
      await page.getByRole('button', { name: /^Shortcuts/ }).click()
      await page.locator('dialog input[type=checkbox]').check()
      await page.keyboard.press('Escape')
    })
    await report.check('two browsers side by side: what one decides, the other sees at once', async () => {
      const front = await begun({ ...tablet, timezoneId: 'Asia/Kolkata' })
      await enter(front.page, 'Dora', 'desk')
      await page.goto(`${space}/console`)
      await signUp()
      await Promise.all([page, front.page].map((one) => one.locator('[data-row]').waitFor({ timeout: 15000 })))
      await seen(front.page, 'tablet')
      const time = front.page.locator('[data-row] time')
      const [at, said] = [await time.getAttribute('datetime'), await time.innerText()]
      const there = new Date(Date.parse(at) + 330 * 60000).toISOString()
      equal(said, `${there.slice(0, 10)} ${there.slice(11, 16)} GMT+5:30`, 'the time of the reader, with its zone')
      truthy((await front.page.evaluate('fetch(location.href).then((answer) => answer.text())')).includes(`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`), 'without script the time is not in UTC')
      await front.page.locator('[data-row] summary').click()
      await front.page.locator('[data-row] textarea').fill('No desk is free')
      await seen(front.page, 'declining')
      await front.page.getByRole('button', { name: 'Decline, and erase what was shared' }).click()
      await front.page.getByText('Declined:').waitFor()
      await page.getByText('Nobody waits.').waitFor({ timeout: 15000 })
      equal(front.faults, [], 'faults at the tablet')
    })
    await report.check('each decision names whose it was, and one goes on at the next by keys alone', async () => {
      await page.goto(`${space}/console`)
      for (let count = 0; count < 3; count += 1) await signUp()
      await page.locator('[data-row]').nth(2).waitFor({ timeout: 15000 })
      const [first, second, third] = await page.locator('[data-row]').evaluateAll((rows) => rows.map((row) => row.dataset.row))
      await page.keyboard.press('j')
      await page.keyboard.press('m')
      await page.getByRole('heading', { name: 'Ask for more, or for something else' }).waitFor()
      await page.locator('[name^=without-]').first().focus()
      await page.keyboard.press('Space')
      await page.locator('#ask').getByRole('button', { name: 'Ask', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByText('Asked again: Ada Example.').waitFor()
      equal([await focused(page), new URL(page.url()).pathname], [second, '/console'], 'after asking for more')
      await page.keyboard.press('a')
      await page.getByText('Approved: Ada Example.').waitFor()
      equal(await focused(page), third, 'after approving')
      await seen(page, 'goes on at the next')
      await page.keyboard.press('d')
      await page.keyboard.type('No desk is free')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByText('Declined: Ada Example.').waitFor()
      equal(await focused(page), first, 'after declining the last of the list')
      truthy(!page.url().includes('Ada'), 'a name is in the address')
      await page.keyboard.press('a')
      await page.getByText('Nobody waits.').waitFor()
      equal(await focused(page), 'done', 'after the last')
      await page.reload()
      equal(await page.locator('#done').count(), 0, 'said again when the page is loaded again')
    })
    await report.check('who is in the team, in Spanish on a phone and in the dark', async () => {
      await page.goto(`${space}/console/team`)
      await page.getByText('Dora').first().waitFor()
      await seen(page, 'team')
      const hand = await begun({ ...phone, locale: 'es', colorScheme: 'dark' })
      const { link } = await verifier('team', 'invite', 'harbour', '--name', 'Otto', '--role', 'auditor')
      await hand.page.goto(link)
      await seen(hand.page, 'enlace')
      await hand.page.getByRole('button', { name: 'Crear una llave de acceso' }).click()
      await hand.page.waitForURL(`${space}/console`)
      await seen(hand.page, 'auditoria')
      await hand.page.goto(`${space}/console/team`)
      await hand.page.getByRole('heading', { name: 'Tu función no abre esto' }).waitFor()
      await seen(hand.page, 'sin permiso')
    })
    equal(owner.faults, [], 'faults')
  } finally {
    for (const place of places) await place.close()
  }
}
