// Signing in at a web site of a space by QR: the member's phone scans, the screen takes six digits, and the site gets what was agreed to.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember } from '../lib/member.mjs'

export const title = 'Signing in at a site by QR'

const base64url = (bytes) => Buffer.from(bytes).toString('base64url')

// What a site's server calls: names below localhost lead to this machine, which node does not know.
function call(address, { method = 'GET', headers = {}, body } = {}) {
  const { host, port, pathname } = new URL(address)
  return new Promise((done, failed) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path: pathname, method, headers: { ...headers, host } }, (answer) => {
      let text = ''
      answer.on('data', (part) => { text += part }).on('end', () => done(JSON.parse(text)))
    })
    sent.on('error', failed).end(body)
  })
}

// A site: /login sends the browser to the space, /back takes what comes and says who was signed in.
async function startSite(issuer) {
  const site = { client: undefined, came: [] }
  const verifier = base64url(randomBytes(32))
  const state = base64url(randomBytes(16))
  const signedIn = async (answer) => {
    if (answer.get('state') !== state || answer.get('iss') !== issuer) return { error: 'an answer of somebody else' }
    if (answer.get('error')) return { error: answer.get('error') }
    const { client_id: id, client_secret: secret } = site.client
    const fields = { grant_type: 'authorization_code', code: answer.get('code'), code_verifier: verifier, redirect_uri: `${site.origin}/back` }
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
    const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const { access_token: token, id_token: idToken } = await call(`${issuer}/token`, { method: 'POST', headers: form, body: `${new URLSearchParams(fields)}` })
    const info = await call(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
    const claims = JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url').toString())
    return { claims, info }
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, site.origin)
    if (url.pathname === '/login') {
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      const asked = { client_id: site.client.client_id, redirect_uri: `${site.origin}/back`, response_type: 'code', scope: 'openid email', state, nonce: 'n-1', code_challenge: challenge, code_challenge_method: 'S256' }
      response.writeHead(303, { location: `${issuer}/authorize?${new URLSearchParams(asked)}` }).end()
      return
    }
    if (url.pathname !== '/back') return void response.writeHead(204).end()
    const said = await signedIn(url.searchParams).catch(({ message }) => ({ error: message }))
    site.came.push(said)
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><title>Booking</title><main><h1>Booking</h1><pre>${JSON.stringify(said)}</pre></main></html>`)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  site.origin = `http://book.localhost:${server.address().port}`
  site.close = () => new Promise((done) => server.close(done).closeAllConnections())
  return site
}

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const issuer = `${space}/connect`
  const seen = lookingAs('site')
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', join(network.dir, 'data')])
  const { store, terminal } = await makeMember(network, 'site')
  const { sub, offer } = await team('member', 'add', 'kiln-north')
  await terminal('accept-offer', offer)
  const site = await startSite(issuer)
  site.client = await team('site', 'add', 'kiln-north', '--name', 'Booking', '--purpose', 'Booking rooms', '--redirect-uri', `${site.origin}/back`, '--claim', 'email')
  // The member's phone scans: gives the address that its browser opens.
  const scan = async (page) => {
    const link = await page.locator('#sign-in-link').inputValue()
    const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0]
  }
  const digitsOn = async (hand, address) => {
    await hand.page.goto(address)
    return (await hand.page.locator('.digits').innerText()).replace(' ', '')
  }
  const screen = await openPage(browser)
  const hand = await openPage(browser, phone)
  try {
    await report.check('the site leads to the space, where the phone scans and shows six digits', async () => {
      await screen.page.goto(`${site.origin}/login`)
      await screen.page.waitForURL(`${space}/sign-in`)
      equal(await screen.page.locator('h1').count(), 1, 'headings of level 1')
      const named = await screen.page.locator('#for-site').innerText()
      truthy(named.includes('Booking') && named.includes(site.origin), `which site asks is not said: ${named}`)
      await seen(screen.page, 'sign in for a site')
    })
    await report.check('wrong digits sign nobody in; the right ones lead to the question, and yes leads back to the site', async () => {
      const digits = await digitsOn(hand, await scan(screen.page))
      truthy(/^\d{6}$/.test(digits), `no six digits: ${digits}`)
      await screen.page.waitForURL(`${space}/sign-in/answer`)
      await screen.page.fill('#code', digits === '000000' ? '111111' : '000000')
      await screen.page.keyboard.press('Enter')
      await screen.page.locator('#code-error').waitFor()
      equal(site.came, [], 'what the site knows')
      await screen.page.locator('#code').pressSequentially(digits)
      await screen.page.keyboard.press('Enter')
      await screen.page.waitForURL(/\/connect\/consent$/)
      const asked = await screen.page.locator('main').innerText()
      truthy(asked.includes('Booking wants to sign you in') && asked.includes(site.origin), `not asked: ${asked}`)
      await seen(screen.page, 'consent after digits')
      await screen.page.locator('button[name=answer][value=yes]').click()
      await screen.page.waitForURL(new RegExp(`^${site.origin}/back`))
      const { claims, info, error } = site.came.pop()
      equal(error, undefined, 'error')
      equal([claims.iss, claims.aud, claims.nonce, claims.amr], [issuer, site.client.client_id, 'n-1', ['pop']], 'the ID token')
      truthy(claims.sub === info.sub && claims.sub !== sub, 'the name at the site')
    })
    await report.check('the phone that scanned is signed in nowhere', async () => {
      await hand.page.goto(`${space}/connect/consent`)
      equal(new URL(hand.page.url()).pathname, '/sign-in', 'path')
      await hand.page.goto(`${site.origin}/login`)
      equal(new URL(hand.page.url()).pathname, '/sign-in', 'path from the site')
    })
    await report.check('a stranger whose code the member scans has no digits, and the site learns nothing', async () => {
      const stranger = await openPage(browser)
      const member = await openPage(browser, phone)
      try {
        await stranger.page.goto(`${site.origin}/login`)
        const digits = await digitsOn(member, await scan(stranger.page))
        await stranger.page.waitForURL(`${space}/sign-in/answer`)
        await stranger.page.goto(`${space}/connect/consent`)
        equal(new URL(stranger.page.url()).pathname, '/sign-in/answer', 'where the stranger waits for the digits')
        // Typed at another screen that waits, they sign nobody in either.
        const other = await openPage(browser)
        await other.page.goto(`${site.origin}/login`)
        await digitsOn(member, await scan(other.page))
        await other.page.waitForURL(`${space}/sign-in/answer`)
        await other.page.fill('#code', digits)
        await other.page.keyboard.press('Enter')
        await other.page.locator('#code-error').waitFor()
        await other.close()
        equal(site.came, [], 'what the site knows')
      } finally {
        await stranger.close()
        await member.close()
      }
    })
    await report.check('no page has a fault', async () => equal([...screen.faults, ...hand.faults].filter((fault) => !/status of 403/.test(fault)), [], 'faults'))
  } finally {
    await screen.close()
    await hand.close()
    await site.close()
    await team('site', 'end', 'kiln-north', site.client.client_id)
  }
}
