// Two OpenID Connect relying parties of others sign a member in at a space: npm's openid-client, and Apache with mod_auth_openidc.
// Both through Chromium, with a wallet beside it.        last line: 'N passed, N failed[, N skipped]'
import { findChromium, launch, lookingAs, openPage, phone } from '../../browser/lib/browser.mjs'
import { makeMember } from '../../browser/lib/member.mjs'
import { answerOf, binary, freePort, passport, startNetwork, unavailable } from '../lib/passport.mjs'
import { Report, equal, truthy } from '../lib/report.mjs'
import { startApache, whyNoApache } from './apache.mjs'
import { startSite } from './site.mjs'
import { join } from 'node:path'

const report = new Report()
const seen = lookingAs('connect')
const chromium = findChromium()
const problem = chromium ? await unavailable() : 'no Chromium on this machine (Debian package `chromium`)'

// Goes through the space's pages from wherever a site has sent the browser, back to that site.
async function signIn(page, show, { answer = 'yes' } = {}) {
  await page.waitForURL(/\/sign-in$/)
  await page.goto(await show(await page.locator('.actions a').first().getAttribute('href')))
  await page.waitForURL(/\/connect\/consent$/)
  const text = await page.locator('main').innerText()
  await seen(page, 'consent')
  await page.locator(`button[name=answer][value=${answer}]`).click()
  return text
}

async function parties({ network, browser }) {
  const data = join(network.dir, 'data')
  const space = `http://kiln-north.localhost:${network.port}`
  const issuer = `${space}/connect`
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', data])
  const { store, terminal } = await makeMember(network, 'connect')
  const { sub, offer } = await team('member', 'add', 'kiln-north')
  await terminal('accept-offer', offer)
  const show = async (link) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0]
  }
  const entered = (name, back, out) =>
    team('site', 'add', 'kiln-north', '--name', name, '--purpose', 'Booking rooms', '--redirect-uri', back, '--logout-uri', out, '--claim', 'email', '--claim', 'name')
  return { network, browser, space, issuer, team, sub, show, entered }
}

async function openidClient({ browser, issuer, space, sub, show, entered, team }) {
  const port = await freePort()
  const origin = `http://book.localhost:${port}`
  const client = await entered('Booking', `${origin}/callback`, `${origin}/`)
  const site = await startSite({ issuer, port, origin, client })
  const { page, faults, close } = await openPage(browser)
  try {
    await report.check('openid-client: a member signs in and is asked once', async () => {
      await page.goto(`${origin}/login`)
      const text = await signIn(page, show)
      truthy(text.includes('Booking wants to sign you in') && text.includes(origin), `not asked: ${text}`)
      await page.waitForURL(new RegExp(`^${origin}/callback`))
      const { claims, info } = JSON.parse(await page.locator('body').innerText())
      equal(claims.iss, issuer, 'iss')
      equal(claims.amr, ['pop'], 'amr')
      truthy(claims.sub === info.sub && claims.sub !== sub, 'the name at the site')
      await page.goto(`${origin}/login`)
      await page.waitForURL(new RegExp(`^${origin}/callback`))
      equal(JSON.parse(await page.locator('body').innerText()).claims.sub, claims.sub, 'the same name again')
    })
    await report.check('openid-client: the tokens are refreshed, and the one of before is void', async () => {
      const refreshed = await site.refresh()
      truthy(refreshed.id_token && refreshed.refresh_token, 'no tokens')
      const again = await site.refreshWith(site.used).then(() => 'given', ({ error }) => error)
      equal(again, 'invalid_grant', 'a refresh token that comes again')
    })
    await report.check('openid-client: the member sees the site and ends it; userinfo gives nothing more', async () => {
      await page.goto(`${origin}/login`)
      await page.waitForURL(new RegExp(`^${origin}/callback`))
      await page.goto(`${space}/member`)
      await seen(page, 'member with a site')
      await page.getByRole('button', { name: 'End for Booking' }).click()
      await page.waitForURL(`${space}/member`)
      equal(await site.userInfo(), 401, 'status of userinfo')
    })
    await report.check('openid-client: no is no', async () => {
      await page.goto(`${origin}/login`)
      await page.waitForURL(/\/connect\/consent$/)
      await page.locator('button[name=answer][value=no]').click()
      await page.waitForURL(new RegExp(`^${origin}/callback`))
      equal(JSON.parse(await page.locator('body').innerText()), { error: 'access_denied' }, 'what the site is told')
    })
    await report.check('openid-client: signing out at the site signs out at the space, and leads back', async () => {
      await page.goto(`${origin}/login`)
      await page.waitForURL(/\/connect\/consent$/)
      await page.locator('button[name=answer][value=yes]').click()
      await page.waitForURL(new RegExp(`^${origin}/callback`))
      await page.goto(`${origin}/logout`)
      await page.waitForURL(`${origin}/?state=out`)
      await page.goto(`${space}/member`)
      equal(new URL(page.url()).pathname, '/sign-in', 'path')
    })
    await report.check('openid-client: no page of the space has a fault', async () => equal(faults, [], 'faults'))
  } finally {
    await close()
    await site.close()
    await team('site', 'end', 'kiln-north', client.client_id)
  }
}

async function apache({ browser, issuer, sub, show, entered, network }) {
  const missing = whyNoApache()
  if (missing) return report.missing('mod_auth_openidc', missing)
  const port = await freePort()
  const origin = `http://wiki.localhost:${port}`
  const client = await entered('Wiki', `${origin}/callback`, `${origin}/`)
  const server = await startApache({ dir: join(network.dir, 'apache'), issuer, port, origin, client })
  const { page, close } = await openPage(browser, phone)
  try {
    await report.check('mod_auth_openidc: a member signs in, and the page knows whom it has', async () => {
      await page.goto(`${origin}/`)
      await signIn(page, show)
      await page.waitForURL(`${origin}/`)
      equal(await page.locator('body').innerText(), 'the page behind Apache', 'the page')
      const [user, name] = server.users()
      truthy(user && user.length === 43 && user !== sub, `REMOTE_USER is ${user}`)
      equal(name, undefined, 'one user')
    })
    await report.check('mod_auth_openidc: an answer of somebody else is not taken', async () => {
      const stranger = await openPage(browser)
      const answered = await stranger.page.goto(`${origin}/callback?code=x&state=y&iss=${encodeURIComponent(issuer)}`)
      truthy(answered.status() >= 400 || new URL(stranger.page.url()).pathname !== '/', `status ${answered.status()}`)
      await stranger.close()
    })
  } finally {
    await close()
    await server.close()
  }
}

if (problem) report.missing('OpenID Connect', problem)
else {
  const network = await startNetwork()
  let browser
  try {
    browser = await launch(chromium)
    const all = await parties({ network, browser })
    for (const [title, run] of [['openid-client', openidClient], ['mod_auth_openidc', apache]]) {
      try {
        await run(all)
      } catch (error) {
        await report.check(`${title}: set up`, () => Promise.reject(error))
      }
    }
  } finally {
    await browser?.close()
    await network.close()
  }
}
process.exit(report.end())
