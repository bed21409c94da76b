// A space's portal: the ways in, signing in by both ways, the member's page, and online sign-up off and on.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember } from '../lib/member.mjs'
import { join } from 'node:path'

export const title = 'The portal of a space'

const views = [['desk', {}], ['phone', phone], ['dark', { colorScheme: 'dark' }], ['Spanish phone', { ...phone, locale: 'es' }]]

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const data = join(network.dir, 'data')
  const seen = lookingAs('portal')
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', data])
  const { store, terminal } = await makeMember(network, 'portal')
  const { sub, offer } = await team('member', 'add', 'kiln-north')
  await terminal('accept-offer', offer)
  // Shows the membership; gives the address at which its holder goes on.
  const show = async (link) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0]
  }

  for (const [label, context] of views) {
    const { page, faults, close } = await openPage(browser, context)
    try {
      await report.check(`portal, ${label}: each way in, readable for everybody`, async () => {
        for (const [name, path] of [['portal', '/'], ['no passport yet', '/no-passport'], ['sign in', '/sign-in'], ['not signed in', '/sign-in/answer']]) {
          equal((await page.goto(space + path)).status(), 200, `${path} status`)
          equal(await page.locator('h1').count(), 1, `${path} headings of level 1`)
          await seen(page, `${name} ${label}`)
        }
        await page.goto(space)
        for (const path of ['/join', '/sign-in', '/join/number', '/no-passport']) equal(await page.locator(`main a[href="${path}"]`).count(), 1, path)
        equal(faults, [], 'faults')
      })
    } finally {
      await close()
    }
  }

  const screen = await openPage(browser)
  const hand = await openPage(browser, phone)
  let known
  const cookie = async ({ page }) => (await page.context().cookies(space)).find(({ name }) => name === '__Host-session')?.value
  try {
    await report.check('by keyboard alone, without scripts: from the portal to the page that signs in', async () => {
      const bare = await openPage(browser, { javaScriptEnabled: false })
      try {
        await bare.page.goto(space)
        const at = () => bare.page.locator(':focus').getAttribute('href')
        for (let stops = 0; stops < 6 && (await at().catch(() => '')) !== '/sign-in'; stops += 1) await bare.page.keyboard.press('Tab')
        await bare.page.keyboard.press('Enter')
        await bare.page.waitForURL(`${space}/sign-in`)
      } finally {
        await bare.close()
      }
    })
    await report.check('on one device: coming back in the browser that asked signs in, under a fresh session', async () => {
      await hand.page.goto(`${space}/sign-in`)
      const before = await cookie(hand)
      known = before
      await hand.page.goto(await show(await hand.page.locator('.actions a').first().getAttribute('href')))
      equal(new URL(hand.page.url()).pathname, '/member', 'path')
      truthy((await hand.page.locator('h1').innerText()).includes('Welcome back'), 'no welcome')
      truthy(before && before !== (await cookie(hand)), 'the session was kept')
      await seen(hand.page, 'member')
      await hand.page.goto(space)
      equal(await hand.page.locator('main a[href="/member"]').count(), 1, 'the way to the own pages')
      await seen(hand.page, 'portal of a member')
    })
    await report.check('the session of before signs nobody in: whoever knew it begins anew', async () => {
      const other = await openPage(browser)
      try {
        await other.page.context().addCookies([{ name: '__Host-session', value: known, url: space.replace('http:', 'https:'), secure: true }])
        await other.page.goto(`${space}/member`)
        equal(new URL(other.page.url()).pathname, '/sign-in', 'path')
        equal(await other.page.locator('#sign-in-link').count(), 1, 'a request of its own')
        truthy((await cookie(other)) !== known, 'the session was kept')
      } finally {
        await other.close()
      }
    })
    await report.check('by QR: the digits of the phone sign the screen in, wrong ones do not', async () => {
      await screen.page.goto(`${space}/sign-in`)
      const address = await show(await screen.page.locator('#sign-in-link').inputValue())
      const other = await openPage(browser, phone)
      await other.page.goto(address)
      const digits = await other.page.locator('.digits').innerText()
      truthy(/^\d{3} \d{3}$/.test(digits), `no six digits: ${digits}`)
      await seen(other.page, 'digits')
      await other.close()
      await screen.page.waitForURL(`${space}/sign-in/answer`)
      await seen(screen.page, 'code entry')
      await screen.page.fill('#code', digits === '000 000' ? '111111' : '000000')
      await screen.page.keyboard.press('Enter')
      await screen.page.locator('#code-error').waitFor()
      await screen.page.locator('#code').pressSequentially(digits)
      await screen.page.keyboard.press('Enter')
      await screen.page.waitForURL(`${space}/member`)
      await seen(screen.page, 'member')
    })
    await report.check('in another browser nobody is signed in', async () => {
      const one = await openPage(browser)
      const other = await openPage(browser)
      await one.page.goto(`${space}/sign-in`)
      const address = await show(await one.page.locator('.actions a').first().getAttribute('href'))
      equal((await other.page.goto(address)).status(), 403, 'status')
      await seen(other.page, 'another browser')
      equal((await one.page.goto(address)).status(), 410, 'status in the right browser afterwards')
      await one.page.goto(`${space}/member`)
      equal(new URL(one.page.url()).pathname, '/sign-in', 'path')
      await one.close()
      await other.close()
    })
    await report.check('signing out ends one session, ending the membership the other at once', async () => {
      await hand.page.goto(`${space}/member`)
      await hand.page.getByRole('button', { name: 'Sign out' }).click()
      await hand.page.waitForURL(`${space}/`)
      await hand.page.goto(`${space}/member`)
      equal(new URL(hand.page.url()).pathname, '/sign-in', 'path after signing out')
      equal((await screen.page.goto(`${space}/member`)).status(), 200, 'the other session')
      await team('member', 'revoke', 'kiln-north', sub)
      await screen.page.goto(`${space}/member`)
      equal(new URL(screen.page.url()).pathname, '/sign-in', 'path after the end of the membership')
    })
    await report.check('online sign-up off: the button is gone and the page says what to do; on, it is back', async () => {
      equal((await team('online', 'kiln-north', 'off')).online, false, 'online')
      await screen.page.goto(space)
      equal(await screen.page.locator('main a[href="/join"]').count(), 0, 'the button')
      await seen(screen.page, 'portal shut')
      equal((await hand.page.goto(`${space}/join`)).status(), 403, 'status')
      await seen(hand.page, 'shut')
      equal((await hand.page.goto(`${space}/join/number`)).status(), 403, 'status')
      equal((await team('online', 'kiln-north', 'on')).online, true, 'online')
      await screen.page.goto(space)
      equal(await screen.page.locator('main a[href="/join"]').count(), 1, 'the button')
    })
  } finally {
    await screen.close()
    await hand.close()
  }
}
