// The five ways into a space, each as somebody goes it, and the same after each: an answer, a decision, a proof, a membership.
//
// The fifth, a card on a reader, needs a reader that is not built yet: what a card leads to is the address of the tag.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, unlock } from '../lib/member.mjs'
import { firstPassport } from '../lib/first-passport.mjs'
import { join } from 'node:path'

export const title = 'Five ways in, one flow after'

const email = 'ways@example.org'

export async function run({ report, network, browser }) {
  const data = join(network.dir, 'data')
  const store = join(network.dir, 'ways-in.store')
  const seen = lookingAs('ways-in')
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', data])
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  const anybody = await openPage(browser)
  await firstPassport({ network, terminal, page: anybody.page, address: email })
  await anybody.close()
  const [number] = (await terminal('number', 'show')).match(/\w{4}-\w{4}-\w{5}/)
  const wallet = await serveWallet(store)
  const mine = await openPage(browser, phone)
  await unlock(mine.page, wallet)

  const space = (name) => `http://${name}.localhost:${network.port}`
  const members = async (name) => (await team('member', 'list', name)).members.filter(({ standing }) => standing === 'active').length
  // The question in the wallet, answered by one touch; gives the page on which the browser ends.
  const share = async (page, link) => {
    await page.goto(addressAt(wallet, link))
    await page.locator('[data-share][data-ready]').click()
    await page.waitForURL(`${space('kiln-north')}/join/answer`)
  }
  // What follows is the same after each way: one more member, and in the wallet the proof and the membership.
  const oneFlowAfter = async (name, before) => {
    for (let tries = 0; tries < 60 && (await members(name)) === before; tries += 1) await mine.page.waitForTimeout(100)
    equal(await members(name), before + 1, 'members')
    await terminal('collect').catch(() => {})
    const { page } = mine
    await page.goto(`${wallet.url}/spaces`)
    const line = page.getByRole('link', { name: new RegExp(name.replace('-', ' '), 'i') }).first()
    await line.click()
    await page.locator('h1').waitFor()
    truthy((await page.locator('main').innerText()).length > 100, 'nothing at the space in the wallet')
  }
  const signUp = async (page) => page.locator('.actions a').first().getAttribute('href')

  try {
    await report.check('1. the button on the space’s page', async () => {
      const before = await members('kiln-north')
      const { page } = mine
      await page.goto(space('kiln-north'))
      await page.locator('main').getByRole('link', { name: 'Sign up with Passport' }).click()
      await page.waitForURL(`${space('kiln-north')}/join`)
      await share(page, await signUp(page))
      truthy((await page.locator('h1').innerText()).includes('Welcome'), `no welcome: ${await page.locator('h1').innerText()}`)
      await seen(page, 'welcome by the button')
      await oneFlowAfter('kiln-north', before)
    })
    const invited = async (label, name, begin) => {
      await report.check(label, async () => {
        const before = await members(name)
        await begin()
        const { page } = mine
        const title = name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join(' ')
        const heading = page.getByRole('heading', { name: `${title} invites you to sign up` })
        for (let tries = 0; tries < 40 && !(await heading.count()); tries += 1) {
          await page.goto(`${wallet.url}/messages`)
          await page.getByRole('button', { name: 'See what has come' }).click()
          await page.getByText('Nothing is here yet').or(page.getByText('Somebody wrote to you')).first().waitFor()
          await page.goto(`${wallet.url}/messages`)
        }
        await seen(page, `messages ${name}`)
        await page.getByRole('button', { name: `Open the message of ${title}` }).click()
        await page.locator('[data-share][data-ready]').click()
        await page.getByText(`${title} has what you shared`).first().or(page.getByRole('button', { name: 'Take it' })).first().waitFor()
        await oneFlowAfter(name, before)
      })
    }
    await invited('2. number and e-mail address typed at the space’s page', 'kiln-south', async () => {
      const desk = await openPage(browser)
      await desk.page.goto(space('kiln-south'))
      await desk.page.locator('a[href="/join/number"]').click()
      await desk.page.fill('#number', number)
      await desk.page.fill('#email', email)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${space('kiln-south')}/join/number/sent`)
      await desk.close()
    })
    await invited('3. the team invites by number', 'harbour', () => team('invite', 'harbour', number))
    await report.check('4. a card on a reader and 5. a phone on the tag: the poster’s address is the page that makes a fresh request', async () => {
      const { stdout } = await passport([binary, 'verifier', 'poster', 'kiln-north', '--data', data])
      const address = stdout.match(/class="address">([^<]+)</)[1]
      equal(address, `${space('kiln-north')}/join`, 'what tag, QR code and card lead to')
      const { page } = mine
      const links = []
      for (const visit of [1, 2]) {
        equal((await page.goto(address)).status(), 200, `visit ${visit}`)
        links.push(await signUp(page))
      }
      truthy(links[0] !== links[1], 'the request is not fresh')
      await seen(page, 'from the tag')
    })
    await report.check('5. a phone on the tag: the answer of another member is taken in the same way', async () => {
      const before = await members('kiln-north')
      const other = join(network.dir, 'ways-in-tag.store')
      const words = async (...said) => {
        const { code, stdout, stderr } = await passport([binary, 'wallet', ...said, '--store', other, '--yes'])
        if (code !== 0) throw new Error(`passport wallet ${said[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
        return stdout
      }
      await words('init')
      await words('network', `http://operator.localhost:${network.port}/network.json`)
      await words('accept-offer', (await network.offer()).offer)
      const { page, close } = await openPage(browser, phone)
      await page.goto(`${space('kiln-north')}/join`)
      const said = await words('present', await signUp(page))
      await page.goto(said.match(/https?:\/\/\S+\/join\/\S+/)[0])
      truthy((await page.locator('h1').innerText()).includes('Welcome'), 'no welcome')
      await close()
      equal(await members('kiln-north'), before + 1, 'members')
    })
  } finally {
    await mine.close()
    await wallet.stop()
  }
}
