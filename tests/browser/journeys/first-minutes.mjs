// A member's first minutes at the pages of their own wallet: from a space's membership to a passport whose number is shown without a network.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember } from '../lib/member.mjs'

export const title = 'First minutes with a wallet'

export async function run({ report, network, browser }) {
  const office = `http://office.localhost:${network.port}`
  const mails = `http://mail.localhost:${network.port}/`
  const address = 'first.minutes@example.org'
  const { store, terminal } = await makeMember(network, 'first-minutes')
  const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', network.data])
  let wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const { page } = hand
  const look = lookingAs('first-minutes')
  const seen = (what) => look(page, what)
  const atTheWallet = (link) => addressAt(wallet, link)
  // The mail to this member, wherever it stands among others.
  const confirm = async () => {
    const letter = page.locator('.card', { hasText: address }).locator('a').first()
    for (let tries = 0; tries < 100; tries += 1) {
      await page.goto(mails)
      if (await letter.count()) break
      await page.waitForTimeout(100)
    }
    await letter.click()
    await page.locator('button').click()
    truthy((await page.locator('h1').innerText()).includes('confirmed'), 'not confirmed')
  }
  try {
    await report.check('the membership that a space offers its member is taken', async () => {
      await page.goto(atTheWallet(offer))
      await page.locator('#passphrase').fill(walletPassphrase)
      await page.keyboard.press('Enter')
      await page.locator('#passport').uncheck()
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('a membership').first().waitFor()
      await seen('a membership alone')
    })
    await report.check('without an e-mail address the office gets nothing, and it is typed where the page leads', async () => {
      await page.getByRole('button', { name: /^Get a passport from/ }).click()
      await page.getByText('You do not have what is needed').first().waitFor()
      await seen('what is lacking')
      const asked = page.url()
      await page.getByRole('link', { name: 'Fill in your own details' }).click()
      await page.locator('#email').fill('nobody')
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.locator('.summary').or(page.locator('#email:invalid')).first().waitFor()
      await page.locator('#email').fill(address)
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.waitForLoadState()
      await seen('own details')
      await page.goto(asked)
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was shared').first().waitFor()
      hand.faults.splice(0)
    })
    await report.check('an office is asked for a passport, the mail is answered, and the passport comes', async () => {
      await page.goto(`${office}/passport`)
      await page.goto(atTheWallet(await page.locator('#passport-link').inputValue()))
      await page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      await seen('what the office asks')
      const asked = page.url()
      await page.locator('[data-share][data-ready]').click()
      await page.getByText('has what you shared').waitFor()
      await confirm()
      await page.goto(asked)
      await page.getByText('a network passport').first().waitFor({ timeout: 60000 })
      await seen('a passport has come')
    })
    await report.check('its number is at home, large and as a QR code', async () => {
      await page.goto(wallet.url)
      truthy(/^\w{4}-\w{4}-\w{5}$/.test(await page.locator('.digits').innerText()), 'no number')
      truthy(await page.locator('.qr').isVisible(), 'no QR code')
      await seen('home with a number')
    })
    await report.check('a space invites by that number, and its message is opened and answered', async () => {
      const number = await page.locator('.digits').innerText()
      await answerOf([binary, 'verifier', 'invite', 'kiln-south', number, '--data', network.data])
      const waits = page.getByRole('link', { name: '1 message waits for you.' })
      for (let tries = 0; tries < 20 && !(await waits.count()); tries += 1) {
        await page.goto(`${wallet.url}/messages`)
        await page.getByRole('button', { name: 'See what has come' }).click()
        await page.getByText('Nothing is here yet').or(page.getByText('Somebody wrote to you')).first().waitFor()
        await page.goto(wallet.url)
      }
      await seen('home with a message')
      await waits.click()
      await page.getByRole('heading', { name: 'Kiln South invites you to sign up' }).waitFor()
      await seen('messages')
      await page.getByRole('button', { name: 'Open the message of Kiln South' }).click()
      await page.locator('[data-share][data-ready]').click()
      await page.getByText('Kiln South has what you shared').first().or(page.getByRole('button', { name: 'Take it' })).first().waitFor()
      await page.goto(`${wallet.url}/messages`)
      equal(await page.getByRole('heading', { name: 'Kiln South invites you to sign up' }).count(), 0, 'invitations')
    })
    await report.check('what a team decides later is seen when it is looked for', async () => {
      const { link, request } = await network.request({ space: 'harbour', form: 'own-desk' })
      await page.goto(atTheWallet(link ?? request))
      await page.locator('[data-share][data-ready]').click()
      await page.getByText('Harbour has what you shared').first().waitFor()
      await seen('a team has to decide')
      // This page looks for half a minute by itself; what is decided later is looked for by the member.
      await page.waitForTimeout(32000)
      const listed = await passport([binary, 'verifier', 'sign-ups', 'harbour', '--data', network.data])
      const [id] = listed.stdout.match(/[A-Za-z0-9_-]{16,}/) ?? []
      const approved = await passport([binary, 'verifier', 'approve', 'harbour', id, '--data', network.data])
      equal(approved.code, 0, `approved: ${listed.stdout} ${approved.stderr}`)
      await page.goto(`${wallet.url}/messages`)
      await page.getByRole('button', { name: 'See what has come' }).click()
      await page.getByText('a membership').first().waitFor()
      await page.goto(wallet.url)
    })
    await report.check('kept on the device, it is shown without a network', async () => {
      const number = await page.locator('.digits').innerText()
      await page.goto(`${wallet.url}/card`)
      await page.waitForFunction(() => navigator.serviceWorker.ready.then(({ active }) => active.state === 'activated'))
      await page.getByRole('button', { name: 'Show it without a network' }).click()
      await page.getByText('It is kept on this device').waitFor()
      await seen('a number that is kept')
      // The first page that the worker stands behind.
      await page.reload()
      await page.getByText('It is kept on this device').waitFor()
      await wallet.stop()
      await page.goto(wallet.url)
      await page.locator('.digits', { hasText: number }).waitFor()
      truthy(await page.locator('img.qr').evaluate((image) => image.complete && image.naturalWidth > 0), 'no QR code')
      await seen('no network')
      hand.faults.splice(0)
    })
    await report.check('and not kept, it is not', async () => {
      const { port } = new URL(wallet.url)
      wallet = await serveWallet(store, { port: Number(port) })
      // Its session is in the vault, and goes on.
      await page.goto(`${wallet.url}/card`)
      await page.getByRole('button', { name: 'Do not keep it' }).click()
      await page.getByRole('button', { name: 'Show it without a network' }).waitFor()
      await wallet.stop()
      await page.goto(wallet.url)
      truthy((await page.locator('h1').innerText()).includes('No network'), 'no page')
      await page.waitForTimeout(500)
      equal(await page.locator('.digits').isVisible(), false, 'the number is shown')
      hand.faults.splice(0)
    })
    await report.check('no page broke a rule or called another host', async () => equal(hand.faults, [], 'faults'))
  } finally {
    await hand.close()
    await wallet.stop()
  }
}
