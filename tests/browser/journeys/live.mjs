// Told without being asked: pages that stay as they are now, pushes without a word in them, and mail where a member did not look.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { answerOf, binary, freePort, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { firstPassport } from '../lib/first-passport.mjs'
import { pushService } from '../lib/push-service.mjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const title = 'Told without being asked'

const address = 'live.journey@example.org'

export async function run({ report, network, browser }) {
  const store = join(network.dir, 'live.store')
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  const anybody = await openPage(browser)
  await firstPassport({ network, terminal, page: anybody.page, address })
  await anybody.close()
  const [number] = (await terminal('number', 'show')).match(/\w{4}-\w{4}-\w{5}/)
  // At an address that others reach, with a mail server: that of the demo's office.
  const mail = join(network.dir, 'wallet-mail.json')
  const office = JSON.parse(readFileSync(join(network.data, 'office/party.json'), 'utf8'))
  writeFileSync(mail, JSON.stringify({ ...office.mail, from: 'Wallets <wallets@example.org>' }))
  const port = await freePort()
  const wallet = await serveWallet(store, { port, bend: ['--public-url', `http://wallet.localhost:${port}`, '--mail', mail] })
  const push = await pushService()
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es' })
  const { page } = hand
  await page.context().grantPermissions(['notifications'], { origin: wallet.url })
  await page.addInitScript(push.stub)
  const seen = async (what, of = page) => {
    equal(await accessibilityFaults(of), [], `accessibility faults, ${what}`)
    equal(await sidewaysScroll(of), false, `sideways, ${what}`)
    if (process.env.PASSPORT_SCREENS) await of.screenshot({ path: join(process.env.PASSPORT_SCREENS, `${what.replaceAll(' ', '-')}${of === page ? '' : '-desk'}.png`), fullPage: true })
  }
  const open = async (of, path = '/') => {
    await of.goto(`${wallet.url}${path}`)
    await of.locator('#passphrase').fill(walletPassphrase)
    await of.keyboard.press('Enter')
    await of.waitForURL(`${wallet.url}${path}`)
  }
  const invite = (space) => answerOf([binary, 'verifier', 'invite', space, number, '--data', network.data])
  const soon = { timeout: 90000 }
  try {
    await report.check('a message is at home without a touch; the focus and the place on the page stay', async () => {
      await open(page)
      const scan = page.getByRole('link', { name: 'Scan', exact: true }).last()
      await scan.focus()
      const loads = []
      page.on('load', () => loads.push(page.url()))
      const before = await page.evaluate(() => scrollY)
      await invite('kiln-south')
      await page.getByRole('link', { name: '1 message waits for you.' }).waitFor(soon)
      equal(loads, [], 'pages that were loaded')
      truthy(await scan.evaluate((element) => element === document.activeElement), 'the focus has moved')
      equal(await page.evaluate(() => scrollY), before, 'the page has moved')
      await page.getByText('Something on this page is new.').waitFor({ state: 'attached' })
      await seen('home with something new')
    })
    await report.check('a form under somebody’s hands is left alone', async () => {
      await page.goto(`${wallet.url}/details`)
      await page.locator('#email').fill('half.typed@example')
      await page.evaluate(() => document.dispatchEvent(new CustomEvent('passport-changed', { detail: new Set(['mail']) })))
      equal(await page.locator('#email').inputValue(), 'half.typed@example', 'what was typed')
    })
    await report.check('locked in another browser, each open page of that session goes to the one that opens it', async () => {
      await page.goto(`${wallet.url}/spaces`)
      const second = await page.context().newPage()
      await second.goto(`${wallet.url}/messages`)
      await open(desk.page, '/ways')
      await desk.page.getByRole('button', { name: /^Bloquear / }).last().waitFor()
      // The sessions of others than this one: the phone's.
      const others = desk.page.locator('form[action="/ways/sessions/end"]').filter({ hasNot: desk.page.locator('strong') })
      const listed = desk.page.locator('li', { has: desk.page.locator('form[action="/ways/sessions/end"]') })
      truthy((await others.count()) >= 2, 'sessions')
      await listed.filter({ hasNot: desk.page.locator('strong') }).first().getByRole('button').click()
      await page.waitForURL(`${wallet.url}/unlock?next=%2Fspaces`)
      await second.waitForURL(`${wallet.url}/unlock?next=%2Fmessages`)
      await second.close()
      hand.faults.splice(0)
    })
    await report.check('pushes are turned on where they are explained, and turned off', async () => {
      await open(page, '/notices')
      await page.getByText('This browser does not tell you anything.').waitFor()
      await seen('notices, off')
      await page.getByRole('button', { name: 'Tell me here' }).click()
      await page.getByText('This browser tells you when something comes').waitFor()
      await seen('notices, on')
      await page.getByRole('button', { name: 'Do not tell me here' }).click()
      await page.getByText('This browser does not tell you anything.').waitFor()
      await page.getByRole('button', { name: 'Tell me here' }).click()
      await page.getByText('This browser tells you when something comes').waitFor()
    })
    let pushed
    await report.check('something comes while the wallet is locked: our push service is called, with nothing in it', async () => {
      // The bell hangs at the office a moment after it is wanted.
      await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true))
      await invite('kiln-north')
      pushed = await push.next(75000)
      truthy(pushed, 'nothing was pushed')
      equal([pushed.method, pushed.path, pushed.body.length], ['POST', push.path, 0], 'the call')
      equal([pushed.headers.ttl, pushed.headers.topic, pushed.headers.urgency], ['86400', 'news', 'normal'], 'headers')
      equal(pushed.headers['content-encoding'] ?? pushed.headers['content-type'], undefined, 'a content')
      const claims = await push.verified(pushed)
      equal([claims.aud, claims.sub], [push.origin, wallet.url], 'who asks')
    })
    await report.check('the browser is delivered a push, and says in one line that there is news', async () => {
      const client = await page.context().newCDPSession(page)
      const registration = new Promise((found) => client.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && found(registrations[0].registrationId)))
      await client.send('ServiceWorker.enable')
      await client.send('ServiceWorker.deliverPushMessage', { origin: wallet.url, registrationId: await registration, data: '' })
      const shown = () => page.evaluate(async () => {
        const all = await (await navigator.serviceWorker.ready).getNotifications()
        return all.map(({ title, body, tag }) => ({ title, body, tag }))
      })
      for (let tries = 0; tries < 50 && !(await shown()).length; tries += 1) await page.waitForTimeout(100)
      equal(await shown(), [{ title: 'There is news in your wallet', body: '', tag: 'news' }], 'what is shown')
    })
    await report.check('a browser that is gone is told no more', async () => {
      push.says(410)
      // Whoever looked since the last push is pushed again.
      await page.goto(wallet.url)
      await page.goto(`${wallet.url}/notices`)
      await invite('harbour')
      truthy(await push.next(75000), 'nothing was pushed')
      const list = page.getByRole('heading', { name: 'Browsers that tell you' })
      for (let tries = 0; tries < 50 && (await list.count()); tries += 1) {
        await page.waitForTimeout(200)
        await page.reload()
      }
      equal(await list.count(), 0, 'browsers')
    })
    await report.check('a browser that forbids it says so, and where nothing can be told that is said', async () => {
      const forbids = await page.context().newPage()
      await forbids.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' }))
      await forbids.goto(`${wallet.url}/notices`)
      await forbids.getByText('You have forbidden this browser').waitFor()
      await seen('notices, forbidden', forbids)
      await forbids.close()
      const cannot = await page.context().newPage()
      await cannot.addInitScript(() => { delete window.PushManager })
      await cannot.goto(`${wallet.url}/notices`)
      await cannot.getByText('This browser cannot tell you anything').waitFor()
      await seen('notices, not supported', cannot)
      await cannot.close()
    })
    await report.check('mail is on after the link in it, and its address is gone when it is taken away', async () => {
      await page.locator('#email').fill('live.notices@example.org')
      await page.getByRole('button', { name: 'Send me mails' }).click()
      await page.getByText('A mail is on its way to live.notices@example.org').waitFor()
      await seen('notices, mail asked')
      const reader = await openPage(browser, phone)
      const letter = reader.page.locator('.card', { hasText: 'live.notices@example.org' }).locator('a').first()
      for (let tries = 0; tries < 100; tries += 1) {
        await reader.page.goto(`http://mail.localhost:${network.port}/`)
        if (await letter.count()) break
        await reader.page.waitForTimeout(100)
      }
      await letter.click()
      await seen('mail to be turned on', reader.page)
      await reader.page.getByRole('button', { name: 'Turn mails on' }).click()
      await reader.page.getByRole('heading', { name: 'Mails are on' }).waitFor()
      await seen('mail on', reader.page)
      equal(reader.faults, [], 'faults')
      await reader.close()
      await page.goto(`${wallet.url}/notices`)
      await page.getByText('Mails go to live.notices@example.org.').waitFor()
      await seen('notices, mail on')
      await page.getByRole('button', { name: 'No mails any more' }).click()
      await page.locator('#email').waitFor()
      truthy(!(await page.locator('main').innerText()).includes('live.notices'), 'the address is there')
    })
    await report.check('the page at a desk, in Spanish', async () => {
      await desk.page.goto(`${wallet.url}/notices`)
      await desk.page.getByRole('heading', { name: 'Saber cuándo llega algo' }).waitFor()
      await seen('notices in Spanish', desk.page)
      desk.faults.splice(0)
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
    await push.close()
  }
}
