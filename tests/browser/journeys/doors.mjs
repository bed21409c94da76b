// A door: entered in the console, a screen beside it, a phone that scans it, and a relay that is a stub of ours behind real HTTP.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { makeMember, unlock } from '../lib/member.mjs'
import { answerOf, binary, passport, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { createServer } from 'node:http'

export const title = 'A door that members open'

const tablet = { viewport: { width: 1024, height: 768 } }

export async function run({ report, network, browser }) {
  const came = []
  let status = 200
  const relay = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => { body += part }).on('end', () => {
      came.push({ method: request.method, path: request.url, key: request.headers.authorization, once: request.headers['idempotency-key'], body: body && JSON.parse(body) })
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise((done) => relay.listen(0, '127.0.0.1', done))
  try {
    await journey({ report, network, browser, came, at: `http://relay.localhost:${relay.address().port}/pulse`, answering: (next) => { status = next } })
  } finally {
    relay.closeAllConnections()
    relay.close()
  }
}

async function journey({ report, network, browser, came, at, answering }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const seen = lookingAs('doors')
  const verifier = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const { store, terminal } = await makeMember(network, 'doors')
  const { sub, offer } = await verifier('member', 'add', 'kiln-north')
  await terminal('accept-offer', offer)
  const show = async (link) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0]
  }
  const screen = await openPage(browser, tablet)
  const hand = await openPage(browser, phone)
  const code = () => screen.page.locator('[data-door-code] a').getAttribute('href')
  const next = async (before) => {
    await screen.page.waitForFunction((was) => document.querySelector('[data-door-code] a').href !== was, before, { timeout: 20_000 })
    return code()
  }
  try {
    await authenticator(screen.page, false)
    const { link } = await verifier('team', 'invite', 'kiln-north', '--name', 'Door keeper', '--role', 'owner')
    await screen.page.goto(link)
    await screen.page.getByRole('button', { name: 'Make a passkey' }).click()
    await screen.page.waitForURL(`${space}/console`)
    await report.check('a door is entered from a template, and what is wrong is said beside its field', async () => {
      const { page } = screen
      await page.goto(`${space}/console/doors`)
      await page.getByText('There is no door yet.').waitFor()
      await seen(page, 'no door')
      await page.getByRole('link', { name: 'Kisi: begin' }).click()
      await page.locator('p.notice', { hasText: 'checked against published API text only' }).waitFor()
      await seen(page, 'template of Kisi')
      await page.goto(`${space}/console/doors/new?template=relay`)
      const text = await page.getByLabel('The request').inputValue()
      await page.getByLabel('What the door is called').fill('Front door')
      await page.getByRole('button', { name: 'Add the door' }).click()
      await page.locator('#replace-error', { hasText: 'relay.example' }).waitFor()
      await seen(page, 'what is still to be replaced')
      await page.getByLabel('The request').fill(text.replace('https://relay.example/pulse', at))
      await page.getByRole('button', { name: 'Add the door' }).click()
      await page.locator('#secret-error').waitFor()
      await seen(page, 'what is wrong')
      await page.getByLabel('Its key or password').fill('canary-key')
      await page.getByRole('button', { name: 'Add the door' }).click()
      await page.waitForURL(`${space}/console/doors`)
      truthy(!(await page.content()).includes('canary-key'), 'the key is on the page')
      await seen(page, 'doors')
    })
    await report.check('this device becomes the screen: nobody is signed in on it, and its code is another one by itself', async () => {
      const { page } = screen
      await page.getByRole('button', { name: 'Make this device the screen of Front door' }).click()
      await page.getByRole('heading', { name: 'Open Front door' }).waitFor()
      await seen(page, 'screen')
      const first = await code()
      truthy((await next(first)) !== first, 'the same code')
      const other = await page.context().newPage()
      await other.goto(`${space}/console`)
      equal(new URL(other.url()).pathname, '/console/sign-in', 'the console on this device')
      await other.close()
    })
    await report.check('a printed tag opens nothing, in both languages', async () => {
      const { doors: [door] } = await verifier('door', 'list', 'kiln-north')
      for (const [locale, said] of [['en', 'Scan the screen beside the door'], ['es', 'Escanea la pantalla que está junto a la puerta']]) {
        const visitor = await openPage(browser, { ...phone, locale })
        await visitor.page.goto(door.tag)
        await visitor.page.getByRole('heading', { name: said }).waitFor()
        await seen(visitor.page, `tag ${locale}`)
        await visitor.close()
      }
    })
    await report.check('a phone scans it, signs in once by the membership, and presses one button', async () => {
      const { page } = hand
      await page.goto(await code())
      equal(new URL(page.url()).pathname, '/sign-in', 'a stranger signs in')
      await page.goto(await show(await page.locator('.actions a').first().getAttribute('href')))
      await page.getByRole('heading', { name: 'Open Front door?' }).waitFor()
      await seen(page, 'button')
      equal(came.length, 0, 'opened by looking')
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await page.getByRole('heading', { name: 'Front door is open' }).waitFor()
      await seen(page, 'open')
      const [{ once, ...asked }] = came
      equal(asked, { method: 'POST', path: '/pulse', key: 'Bearer canary-key', body: { seconds: 3 } }, 'what the relay got')
      truthy(/^"[\w-]{22}"$/.test(once), `no idempotency key: ${once}`)
    })
    await report.check('signed in already it is one press; the same code again opens nothing', async () => {
      const { page } = hand
      const again = await next(await code())
      for (const [heading, calls] of [['Front door is open', 2], ['You have used this code', 2]]) {
        await page.goto(again)
        await page.getByRole('button', { name: 'Open', exact: true }).click()
        await page.getByRole('heading', { name: heading }).waitFor()
        equal(came.length, calls, `requests at ${heading}`)
      }
      await seen(page, 'used')
    })
    await report.check('a relay that does not answer is said, and the request is not made again', async () => {
      const { page } = hand
      answering(503)
      await page.goto(await next(await code()))
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await page.getByRole('heading', { name: 'Front door did not answer' }).waitFor()
      await seen(page, 'silent')
      equal(came.length, 3, 'requests')
      answering(200)
    })
    await report.check('the member sees in the wallet which door was opened when', async () => {
      const wallet = await serveWallet(store)
      const own = await openPage(browser, phone)
      try {
        await unlock(own.page, wallet, '/spaces')
        await own.page.getByRole('link', { name: 'Kiln North', exact: true }).click()
        await own.page.getByRole('button', { name: 'Ask what it has' }).click()
        await own.page.getByRole('heading', { name: 'What Kiln North says it has' }).waitFor({ timeout: 20_000 })
        const said = await own.page.locator('section', { hasText: 'Doors you opened' }).locator('li').allInnerTexts()
        equal(said.map((one) => one.replace(/, .*: /, ': ')), ['Front door: not opened', 'Front door: opened', 'Front door: opened'], 'openings')
        await seen(own.page, 'in the wallet')
        equal(own.faults, [], 'faults')
      } finally {
        await own.close()
        await wallet.stop()
      }
    })
    await report.check('without a connection the screen shows no code, and another one as soon as there is one', async () => {
      const { page } = screen
      await page.context().setOffline(true)
      await page.getByText('There is no connection to the space.').waitFor({ timeout: 45_000 })
      truthy(!(await page.locator('[data-door-code]').isVisible()), 'an old code is shown')
      await page.context().setOffline(false)
      await page.locator('[data-door-code]').waitFor({ state: 'visible', timeout: 20_000 })
      equal(await page.locator('[data-door-message]').innerText(), '', 'message')
    })
    await report.check('the end of the access ends the screen, and of the membership the opening', async () => {
      const late = await code()
      await verifier('team', 'invite', 'kiln-north', '--name', 'Another owner', '--role', 'owner')
      await verifier('member', 'revoke', 'kiln-north', sub)
      await hand.page.goto(late)
      equal(new URL(hand.page.url()).pathname, '/sign-in', 'whose membership has ended')
      await verifier('team', 'end', 'kiln-north', 'Door keeper')
      await screen.page.getByRole('heading', { name: 'This screen has ended' }).waitFor({ timeout: 20_000 })
      await seen(screen.page, 'screen has ended')
      equal((await hand.page.goto(late)).status(), 410, 'what it showed')
      equal(came.length, 3, 'requests')
    })
    // A browser reports the answers that are errors, and that it was offline, as they are to be here.
    const expected = /status of (403|409|410|422|502)|ERR_INTERNET_DISCONNECTED/
    for (const { faults } of [screen, hand]) equal(faults.filter((fault) => !expected.test(fault)), [], 'faults')
  } finally {
    const { doors } = await verifier('door', 'list', 'kiln-north')
    for (const door of doors) await verifier('door', 'remove', 'kiln-north', door.id)
    await screen.close()
    await hand.close()
  }
}
