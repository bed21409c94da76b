// A member without a passport signs in by the login that the space has already, and takes the membership into a wallet (decision 0042).
import { join } from 'node:path'
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, startNetwork } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { startLogin } from '../lib/login.mjs'
import { makeMember } from '../lib/member.mjs'

export const title = 'Signing in by the login that a space has already'

const client = { id: 'passport', secret: 'its-secret' }
const people = {
  Ada: { sub: '1001', groups: ['staff', 'members'], given_name: 'Ada', family_name: 'Example', birthdate: '1990-01-02' },
  Guest: { sub: '1002', groups: ['guests'], given_name: 'Gus', family_name: 'Example', birthdate: '1990-01-02' },
}

// In a network of its own: the space has a setting more.
export async function run({ report, browser }) {
  const login = await startLogin(people, client)
  const members = { claim: 'groups', value: 'members' }
  const settings = { 'kiln-north': { login: { issuer: login.issuer, client_id: client.id, secret: 'login-secret', label: 'Kiln account', members, vouched: 'known-in-person' } } }
  const network = await startNetwork({ settings, files: { 'kiln-north/login-secret': client.secret } })
  login.space = `http://kiln-north.localhost:${network.port}`
  try {
    await journey({ report, network, browser, login })
  } finally {
    await network.close()
    await login.close()
  }
}

async function journey({ report, network, browser, login }) {
  const { space } = login
  const seen = lookingAs('own-login')
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { locale: 'es', viewport: { width: 1280, height: 800 } })
  const main = ({ page }) => page.locator('main').innerText()
  // From the space's page to the login, and back as `who`; gives the status of the page there.
  const signIn = async ({ page }, who) => {
    await page.goto(`${space}/no-passport`)
    await page.locator('a[href="/no-passport/login"]').click()
    await page.getByRole('heading', { name: 'Kiln account' }).waitFor()
    const back = page.waitForResponse((answer) => answer.url().startsWith(`${space}/no-passport/login/return`))
    await page.getByRole('button', { name: who, exact: true }).click()
    return (await back).status()
  }
  const wallet = await makeMember(network, 'own-login')
  const held = async () => (await passport([binary, 'wallet', 'list', '--store', wallet.store])).stdout
  try {
    await report.check('the way to a passport begins with the login of the space, and the space says what it asks it', async () => {
      await hand.page.goto(`${space}/no-passport`)
      truthy((await main(hand)).includes('Sign in with Kiln account'), 'no button')
      await seen(hand.page, 'no passport')
      await hand.page.goto(`${space}/privacy`)
      truthy((await main(hand)).includes('Kiln account'), 'the page about privacy does not name the login')
      await seen(hand.page, 'privacy')
    })
    let offer
    await report.check('who is a member there takes the membership of the space along, on this device or another', async () => {
      equal(await signIn(hand, 'Ada'), 200, 'status')
      equal(await hand.page.locator('h1').innerText(), 'Your membership of Kiln North', 'heading')
      offer = await hand.page.locator('#login-offer').inputValue()
      await seen(hand.page, 'membership')
      equal(await signIn(desk, 'Ada'), 200, 'status at the desk')
      await seen(desk.page, 'membership, Spanish')
    })
    await report.check('the earlier offer counts no more, and the wallet gets membership and statement by the later one', async () => {
      const early = await passport([binary, 'wallet', 'accept-offer', offer, '--store', wallet.store, '--yes'])
      truthy(early.code !== 0, 'the earlier offer was taken')
      await wallet.terminal('accept-offer', await desk.page.locator('#login-offer').inputValue())
      const list = await held()
      truthy(/membership/i.test(list) && /statement/i.test(list), list)
    })
    await report.check('the address of an answer opens nothing a second time', async () => {
      const answer = await hand.page.reload()
      equal(answer.status(), 403, 'status')
      await seen(hand.page, 'over')
    })
    await report.check('a guest of the login, and who changes their mind, get nothing and read why', async () => {
      equal(await signIn(hand, 'Guest'), 403, 'status of the guest')
      truthy((await main(hand)).includes('You are not a member of Kiln North yet'), await main(hand))
      await seen(hand.page, 'not a member')
      equal(await signIn(hand, 'Cancel'), 403, 'status of who cancels')
      truthy((await main(hand)).includes('You were not signed in'), await main(hand))
      await seen(hand.page, 'denied')
    })
    await report.check('a login that does not answer is said to, and nothing has happened', async () => {
      await login.close()
      try {
        await hand.page.goto(`${space}/no-passport`)
        const answer = hand.page.waitForResponse(`${space}/no-passport/login`)
        await hand.page.locator('a[href="/no-passport/login"]').click()
        equal((await answer).status(), 503, 'status')
        truthy((await main(hand)).includes('Kiln account does not answer'), await main(hand))
        await seen(hand.page, 'silent')
      } finally {
        await login.open()
      }
    })
    await report.check('whose membership the team has ended does not get it back by signing in', async () => {
      const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', join(network.dir, 'data')])
      const [member] = (await team('member', 'list', 'kiln-north')).members.filter(({ standing }) => standing === 'active')
      await team('member', 'revoke', 'kiln-north', member.sub)
      equal(await signIn(hand, 'Ada'), 403, 'status')
      truthy((await main(hand)).includes('Your membership has ended'), await main(hand))
      await seen(hand.page, 'ended')
    })
    await report.check('the login was asked nothing that it refused, and no page has a fault', async () => {
      equal(login.refused, [], 'what the login refused')
      equal([...hand.faults, ...desk.faults].filter((fault) => !/status of (403|503)/.test(fault)), [], 'faults')
    })
  } finally {
    await hand.close()
    await desk.close()
  }
}
