// A wallet at another host asks the office for a code: the person's browser comes, shows who they are, and goes back.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { answerOf, binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'A code from the office for another wallet'

const views = [['desk', {}], ['phone', phone], ['Spanish', { locale: 'es' }], ['phone without script', { ...phone, javaScriptEnabled: false }]]

// The other wallet's host: a page to come back to.
async function otherWallet() {
  const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Back</title><h1>Back</h1>'))
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  return { back: `http://wallet-host.localhost:${server.address().port}/back`, close: () => server.close() }
}

export async function run({ report, network, browser }) {
  const office = `http://office.localhost:${network.port}`
  const mails = `http://mail.localhost:${network.port}/`
  const store = join(network.dir, 'authorising.store')
  const wallet = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  const other = await otherWallet()
  const state = randomBytes(16).toString('base64url')
  const authorize = async () => {
    const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url')
    const body = new URLSearchParams({
      response_type: 'code', client_id: 'other-wallet', redirect_uri: other.back, state, scope: 'passport profile', code_challenge: challenge, code_challenge_method: 'S256',
    })
    const { request_uri: requestUri } = await push(network.port, body.toString())
    return `${office}/authorize?${new URLSearchParams({ client_id: 'other-wallet', request_uri: requestUri })}`
  }
  const good = async (page, faults) => {
    equal(await page.locator('h1').count(), 1, 'headings of level 1')
    equal(await sidewaysScroll(page), false, 'sideways')
    equal(faults, [], 'faults')
  }
  const look = async (name, page) => {
    if (process.env.PASSPORT_PICTURES) await page.screenshot({ path: join(process.env.PASSPORT_PICTURES, `${name.replaceAll(' ', '-')}.png`), fullPage: true })
  }
  const answered = (page) => {
    const came = new URL(page.url())
    equal(came.origin + came.pathname, other.back, 'address')
    equal(came.searchParams.get('state'), state, 'state')
    equal(came.searchParams.get('iss'), office, 'iss')
    return came.searchParams
  }
  try {
    for (const [label, context] of views) {
      const { page, faults, close } = await openPage(browser, context)
      try {
        await report.check(`the page for another wallet, ${label}: it names the host, and the way back leads there`, async () => {
          await page.goto(await authorize())
          truthy((await page.locator('h2').first().innerText()).includes(new URL(other.back).host), 'the host is not named')
          await good(page, faults)
          if (context.javaScriptEnabled !== false) equal(await accessibilityFaults(page), [], 'accessibility faults')
          await look(`authorising ${label}`, page)
          await page.locator('a[href^="/authorize/cancel"]').click()
          await page.waitForURL(`${other.back}?**`)
          equal(answered(page).get('error'), 'access_denied', 'error')
        })
      } finally {
        await close()
      }
    }
    await wallet('init')
    await wallet('network', `http://operator.localhost:${network.port}/network.json`)
    await wallet('own', 'set', 'email', 'ada@example.org')
    const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', join(network.dir, 'data')])
    await wallet('accept-offer', offer)
    const hand = await openPage(browser, phone)
    try {
      const before = await (await fetchMails(hand.page, mails)).count()
      await report.check('the browser goes on to the mail and back to the other wallet with a code', async () => {
        await hand.page.goto(await authorize())
        await wallet('present', await hand.page.locator('#passport-link').inputValue())
        await hand.page.waitForURL(`${office}/passport/answer?**`)
        await good(hand.page, hand.faults)
        equal(await accessibilityFaults(hand.page), [], 'accessibility faults')
        await look('authorising mail', hand.page)
        await wallet('collect')
        const mail = await hand.page.context().newPage()
        let links = await fetchMails(mail, mails)
        for (let tries = 0; tries < 50 && (await links.count()) <= before; tries += 1) {
          await mail.waitForTimeout(100)
          links = await fetchMails(mail, mails)
        }
        await links.first().click()
        truthy((await mail.locator('main').innerText()).includes(new URL(other.back).host), 'the host is not named')
        equal(await accessibilityFaults(mail), [], 'accessibility faults')
        await look('authorising link', mail)
        await mail.locator('button').click()
        truthy((await mail.locator('h1').innerText()).includes('confirmed'), 'not confirmed')
        await hand.page.waitForURL(`${other.back}?**`, { timeout: 30_000 })
        truthy(answered(hand.page).get('code'), 'no code')
      })
    } finally {
      await hand.close()
    }
  } finally {
    other.close()
  }
}

// Names below localhost are the browser's to resolve, so the address is called by its number.
const push = (port, body) =>
  new Promise((resolve, reject) => {
    const headers = { host: `office.localhost:${port}`, 'content-type': 'application/x-www-form-urlencoded' }
    const sent = request({ host: '127.0.0.1', port, path: '/par', method: 'POST', headers }, async (response) => {
      let text = ''
      for await (const part of response) text += part
      if (response.statusCode === 201) resolve(JSON.parse(text))
      else reject(new Error(`/par answered ${response.statusCode}: ${text}`))
    })
    sent.on('error', reject).end(body)
  })

async function fetchMails(page, mails) {
  await page.goto(mails)
  return page.locator('.card a')
}
