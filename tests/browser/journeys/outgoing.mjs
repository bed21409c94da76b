// What goes out of a space: an endpoint and a template entered in the console, what is not confirmed in red, who gets it said where people are asked.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { makeMember } from '../lib/member.mjs'
import { answerOf, binary, passport, startNetwork } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { createServer } from 'node:http'

export const title = 'What goes out of a space'

const desk = { viewport: { width: 1280, height: 800 } }

// In a network of its own: it counts what is not confirmed.
export async function run({ report, browser }) {
  const network = await startNetwork()
  const came = []
  let status = 204
  let away = false
  const other = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => { body += part }).on('end', () => {
      came.push({ method: request.method, path: request.url, key: request.headers.authorization, body: body && JSON.parse(body) })
      // Once it is away, the endpoint stays so: 410 is a no for good.
      const answer = request.url === '/in' && away ? 410 : status
      response.writeHead(answer, { 'content-type': 'application/json' }).end(answer < 300 ? JSON.stringify({ id: 'their-1' }) : '')
    })
  })
  await new Promise((done) => other.listen(0, '127.0.0.1', done))
  const at = `http://desks.localhost:${other.address().port}`
  const answering = (next) => {
    status = next
    away ||= next >= 500
  }
  try {
    await journey({ report, network, browser, came, at, answering })
  } finally {
    other.closeAllConnections()
    other.close()
    await network.close()
  }
}

async function journey({ report, network, browser, came, at, answering }) {
  const space = `http://harbour.localhost:${network.port}`
  const seen = lookingAs('outgoing')
  const verifier = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const { store, terminal: wallet } = await makeMember(network, 'outgoing')
  await wallet('accept-offer', (await network.offer()).offer)
  const { page, faults, close } = await openPage(browser, desk)
  await authenticator(page, false)
  const until = async (holds, what) => {
    const end = Date.now() + 40_000
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`${what}: not within 40 seconds`)
      await new Promise((done) => setTimeout(done, 200))
    }
  }
  const change = async (name) => page.locator('summary', { hasText: `Change ${name}` }).click()
  try {
    const { link } = await verifier('team', 'invite', 'harbour', '--name', 'Ines', '--role', 'owner')
    await page.goto(link)
    await page.getByRole('button', { name: 'Make a passkey' }).click()
    await page.waitForURL(`${space}/console`)
    await report.check('an endpoint is entered, its secret is shown this once, and a test arrives', async () => {
      await page.locator('[data-menu] summary').click()
      await page.getByRole('link', { name: 'Going out' }).click()
      await page.getByText('Nothing goes out yet.').waitFor()
      await seen(page, 'nothing goes out')
      await page.getByLabel('Who gets it').fill('Door list')
      await page.getByLabel('Address', { exact: true }).fill('ftp://doors')
      await page.getByRole('button', { name: 'Add the endpoint' }).click()
      await page.getByText('The address is https').first().waitFor()
      await seen(page, 'what is wrong')
      await page.getByLabel('Address', { exact: true }).fill(`${at}/in`)
      await page.getByLabel('Somebody signed up').check()
      await page.getByRole('button', { name: 'Add the endpoint' }).click()
      await page.getByText('It is shown this once.').waitFor()
      truthy((await page.content()).includes('whsec_'), 'no secret')
      await seen(page, 'secret')
      await page.getByRole('link', { name: 'To what goes out' }).click()
      truthy(!(await page.content()).includes('whsec_'), 'the secret again')
      await change('Door list')
      await page.getByRole('button', { name: 'Send a test' }).click()
      await page.getByText('A test is on its way.').waitFor()
      await until(() => came.length === 1, 'the test')
      equal(came[0].body.type, 'test', 'type')
    })
    await report.check('a template begins with one that is known, and says against what it was checked', async () => {
      await page.goto(`${space}/console/outgoing`)
      await page.getByRole('link', { name: 'Cobot: begin' }).click()
      await page.locator('p.notice', { hasText: 'checked against published API text only' }).waitFor()
      await seen(page, 'template of Cobot')
      await page.getByLabel('PLAN-ID').fill('7')
      await page.getByLabel('Its key or password').fill('canary-key')
      await page.getByRole('button', { name: 'Add it' }).click()
      await page.locator('#replace-error', { hasText: 'your-space' }).waitFor()
      equal(await page.getByLabel('PLAN-ID').inputValue(), '7', 'what was typed')
      await seen(page, 'something is still to be replaced')
    })
    await report.check('a template of one’s own is tried without sending anything, and its key is never shown', async () => {
      await page.goto(`${space}/console/outgoing/action?template=empty`)
      const text = await page.getByLabel('Template').inputValue()
      await page.getByLabel('Who gets it').fill('Desk software')
      await page.getByLabel('Template').fill(text.replaceAll('https://software.example', at))
      await page.getByLabel('Its key or password').fill('canary-key')
      await page.getByRole('button', { name: 'Add it' }).click()
      await page.getByRole('heading', { name: 'Desk software is set up' }).waitFor()
      await seen(page, 'template is set up')
      const before = came.length
      await page.getByRole('button', { name: 'Try it on the last sign-up' }).click()
      await page.getByText('Bearer ••••••').first().waitFor()
      equal([came.length, await page.getByText('canary-key').count()], [before, 0], 'requests, keys on the page')
      await seen(page, 'dry run')
    })
    await report.check('who gets something of it is said where people are asked, in both languages', async () => {
      for (const [locale, said] of [['en', 'Goes on to Desk software'], ['es', 'Sigue hacia Desk software']]) {
        const visitor = await openPage(browser, { ...phone, locale })
        await visitor.page.goto(`${space}/join`)
        await visitor.page.getByText(said).waitFor()
        await seen(visitor.page, `join ${locale}`)
        await visitor.close()
      }
    })
    let person
    await report.check('somebody who is approved comes there; what fails is red on the first page and with the person', async () => {
      answering(503)
      // Who answers a request of the terminal was told of nobody: nothing but names goes on.
      await wallet('present', (await verifier('request', 'harbour', '--form', 'own-desk')).link)
      const [{ id: untold }] = (await verifier('sign-ups', 'harbour')).sign_ups
      await verifier('approve', 'harbour', untold)
      const visitor = await openPage(browser, phone)
      await visitor.page.goto(`${space}/join`)
      const link = await visitor.page.locator('.actions a').first().getAttribute('href')
      const { stdout } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
      await visitor.page.goto(stdout.match(/https?:\/\/\S+\/join\/\S+/)[0])
      await visitor.close()
      await until(() => came.some((one) => one.path === '/people'), 'the request')
      const approved = (await verifier('webhook', 'list', 'harbour')).last.filter((one) => one.event === 'sign_up.approved')
      equal(approved.find((one) => one.person === untold)?.state, 'nothing-to-send', 'whoever was not told')
      ;({ person } = approved.find((one) => one.person !== untold))
      const created = came.find((one) => one.path === '/people')
      equal([created.method, created.key], ['POST', 'Bearer canary-key'], 'the request')
      truthy(created.body.email.includes('@'), 'no address')
      await page.goto(`${space}/console`)
      await page.getByText('not confirmed by other software').waitFor({ timeout: 15_000 })
      await seen(page, 'red on the first page')
      await page.goto(`${space}/console/contacts/${person}`)
      await page.getByRole('heading', { name: 'What went out' }).waitFor()
      await page.getByText('its answer was 503').first().waitFor()
      await seen(page, 'a person who went out')
    })
    await report.check('it is sent again, or somebody says that it is done there', async () => {
      await page.goto(`${space}/console/outgoing`)
      await seen(page, 'not confirmed')
      answering(201)
      const open = page.locator('#open li')
      const action = open.filter({ hasText: 'Desk software' })
      await action.getByRole('button', { name: /Send again/ }).click()
      await page.getByText('It is sent again.').waitFor()
      await until(async () => (await verifier('webhook', 'list', 'harbour')).unconfirmed.every((one) => one.event !== 'sign_up.approved'), 'the approval')
      await page.goto(`${space}/console/outgoing`)
      for (let left = await open.count(); left > 0; left--) {
        await open.first().getByText('Done by hand', { exact: true }).click()
        await open.first().getByLabel('How do you know?').fill('told them by telephone')
        await open.first().getByRole('button', { name: 'It is done there' }).click()
        await page.getByText('It counts as done.').waitFor()
      }
      await page.goto(`${space}/console`)
      equal(await page.getByText('not confirmed by other software').count(), 0, 'red on the first page')
    })
    await report.check('a recipient ends with the last person who is there; on a phone, in Spanish', async () => {
      await page.goto(`${space}/console/outgoing`)
      await change('Desk software')
      await page.locator('li', { hasText: 'Desk software' }).getByRole('button', { name: 'End it' }).click()
      await page.getByText('1 person is still there').waitFor()
      const state = await page.context().storageState()
      const small = await openPage(browser, { ...phone, locale: 'es', storageState: state })
      await small.page.goto(`${space}/console/outgoing`)
      await small.page.getByText('Termina: nadie nuevo va allí').waitFor()
      await seen(small.page, 'on a phone in Spanish')
      await small.close()
    })
    await report.check('no page has a fault', async () => equal(faults.filter((fault) => !/422/.test(fault)), [], 'faults'))
  } finally {
    await close()
  }
}
