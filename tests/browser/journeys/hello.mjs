// Saying hello: a member writes to another from the directory, the other looks at it in the wallet and answers with what they choose, and reports and blocks another time.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember, unlock } from '../lib/member.mjs'
import { firstPassport } from '../lib/first-passport.mjs'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'Saying hello'

const desk = { viewport: { width: 1280, height: 800 } }
const NUMBER = '+31 6 12345678'
const WORDS = 'Do you weave <b>linen</b>, too?'

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const seen = lookingAs('hello')
  const joins = async (name, company) => {
    const { store, terminal } = await makeMember(network, name)
    await terminal('own', 'set', 'company', company)
    await terminal('own', 'set', 'phone_number', NUMBER)
    // An inbox for answers lies at the office of the passport.
    await firstPassport({ network, terminal, page: anybody, address: `${name}@example.org` })
    await terminal('present', (await network.request({ space: 'kiln-north' })).link, '--preset', 'all')
    await terminal('collect')
    await terminal('space', 'publish', 'Kiln North', 'company', 'members-here')
    return { store, terminal }
  }
  const places = []
  const begun = async (context) => {
    const place = await openPage(browser, context)
    places.push(place)
    return place.page
  }
  const anybody = await begun(desk)
  const writes = await joins('hello-writes', 'Larch')
  const reads = await joins('hello-reads', 'Spruce')
  const member = await begun(desk)
  const owner = await begun(desk)
  const wallets = []
  const serve = async ({ store }) => {
    const wallet = await serveWallet(store)
    wallets.push(wallet)
    return wallet
  }
  // What has come into a wallet: the deposit takes a moment.
  const look = async (page, wallet, text) => {
    for (let round = 0; round < 20; round += 1) {
      await page.goto(`${wallet.url}/messages`)
      await page.getByRole('button', { name: 'See what has come' }).click()
      await page.waitForLoadState()
      await page.goto(`${wallet.url}/messages`)
      if ((await page.locator('main').innerText()).includes(text)) return
      await page.waitForTimeout(1000)
    }
    throw new Error(`${text} did not come: ${await page.locator('main').innerText()}`)
  }
  const toTheOther = async () => {
    await member.goto(`${space}/people`)
    await member.locator('.person').filter({ hasText: 'Spruce' }).locator('a').first().click()
  }
  try {
    await report.check('who shows no name is told so, and who shows one finds where to write', async () => {
      await member.goto(`${space}/sign-in`)
      const link = await member.locator('.actions a').first().getAttribute('href')
      const { code, stdout, stderr } = await passport([binary, 'wallet', 'present', link, '--store', writes.store, '--yes'])
      if (code !== 0) throw new Error(stderr.trim().slice(-300))
      await member.goto(stdout.match(/https?:\/\/\S+\/sign-in\/\S+/)[0])
      await toTheOther()
      truthy((await member.locator('#hello').innerText()).includes('show at least your name'), 'no word of the name')
      await seen(member, 'nameless')
      await writes.terminal('space', 'publish', 'Kiln North', 'given_name', 'members-here')
      await reads.terminal('space', 'publish', 'Kiln North', 'given_name', 'members-here')
      await toTheOther()
      await member.getByRole('button', { name: 'Say hello' }).click()
      await member.locator('#hello-error').waitFor()
      await seen(member, 'without words')
    })
    await report.check('a hello is written and said by keyboard, and the page says so', async () => {
      await member.getByLabel('What you would like to say').focus()
      await member.keyboard.type(WORDS)
      await member.keyboard.press('Tab')
      await member.keyboard.press('Enter')
      await member.getByText('You said hello on').waitFor()
      await seen(member, 'said')
    })
    const readsWallet = await serve(reads)
    const hand = await begun(phone)
    await report.check('it comes into the other wallet, which says whose word it is and shares nothing by itself', async () => {
      await unlock(hand, readsWallet, '/messages')
      await look(hand, readsWallet, 'says hello, at Kiln North')
      truthy((await hand.locator('main').innerText()).includes(WORDS), 'the words are not there as they were written')
      await seen(hand, 'messages')
      await hand.getByRole('link', { name: 'Look and answer' }).click()
      truthy((await hand.locator('main').innerText()).includes('nothing here proves it to you'), 'it passes for proven')
      equal(await hand.locator('input[type=checkbox]:checked').count(), 0, 'ticked')
      await seen(hand, 'answer')
      await hand.getByRole('button', { name: 'Share and answer' }).click()
      await hand.locator('#share-wrong').waitFor()
      await seen(hand, 'nothing chosen')
    })
    await report.check('what is chosen goes to the sender alone', async () => {
      await hand.getByLabel(NUMBER).check()
      await hand.getByRole('button', { name: 'Share and answer' }).click()
      await hand.waitForURL(`${readsWallet.url}/messages`)
      await hand.getByText('You answered').waitFor()
      const writesWallet = await serve(writes)
      const other = await begun({ ...phone, locale: 'es' })
      await unlock(other, writesWallet, '/messages')
      for (let round = 0; round < 20 && !(await other.locator('main').innerText()).includes(NUMBER); round += 1) {
        await other.locator('form[action="/awaited"] button').first().click()
        await other.waitForLoadState()
        await other.goto(`${writesWallet.url}/messages`)
        await other.waitForTimeout(1000)
      }
      const said = await other.locator('main').innerText()
      truthy(said.includes(NUMBER) && said.includes('respondió a tu saludo'), said)
      await seen(other, 'answered, Spanish')
      await other.getByRole('button', { name: 'Lo he leído' }).click()
      await other.waitForURL(`${writesWallet.url}/messages`)
    })
    await report.check('another time it is reported and the person blocked, of which the sender sees nothing', async () => {
      await toTheOther()
      await member.getByLabel('What you would like to say').fill('Send me your password')
      await member.getByRole('button', { name: 'Say hello' }).click()
      await member.getByText('You said hello on').waitFor()
      await look(hand, readsWallet, 'Send me your password')
      await hand.getByRole('link', { name: 'Look and answer' }).click()
      await hand.getByRole('radio', { name: 'Pretends to be somebody' }).check()
      await hand.getByRole('button', { name: 'Report this person' }).click()
      await hand.getByText('You reported this person to the team').waitFor()
      await seen(hand, 'reported')
      await hand.getByRole('button', { name: 'Block this person' }).click()
      await hand.waitForURL(`${readsWallet.url}/messages`)
      truthy(!(await hand.locator('main').innerText()).includes('password'), 'the message is still there')
      await toTheOther()
      truthy((await member.locator('#hello').innerText()).includes('You said hello on'), 'the sender was told')
    })
    await report.check('the team sees whom and why, and no word of it, and deals with it', async () => {
      await authenticator(owner, false)
      const { link } = await answerOf([binary, 'verifier', 'team', 'invite', 'kiln-north', '--name', 'Olga', '--role', 'owner', '--data', network.data])
      await owner.goto(link)
      await owner.getByRole('button', { name: 'Make a passkey' }).click()
      await owner.waitForURL(`${space}/console`)
      await owner.goto(`${space}/console/directory`)
      const said = await owner.locator('#reports').innerText()
      truthy(said.includes('Pretends to be somebody') && !said.includes('Send me'), said)
      await seen(owner, 'console, reported')
      await owner.locator('#reports button').click()
      await owner.getByText('Nobody was reported.').waitFor()
    })
    await report.check('no page asked for anything from elsewhere', () => equal(places.flatMap((place) => place.faults.filter((fault) => !/404|422/.test(fault))), [], 'faults'))
  } finally {
    for (const place of places) await place.close()
    for (const wallet of wallets) await wallet.stop().catch?.(() => {})
  }
}
