// A member takes and answers what others ask, at the pages of their own wallet.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt } from '../lib/member.mjs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const title = 'Answering in the wallet'

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const store = join(network.dir, 'answering.store')
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  const recoveryCode = (await terminal('init')).match(/[0-9A-Z]{4}(?:-[0-9A-Z]{2,})+/)?.[0]
  truthy(recoveryCode, 'no recovery code')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const { page } = hand
  const look = lookingAs('answering')
  const seen = (what) => look(page, what)
  const heading = () => page.locator('h1').innerText()
  // What a button of a space or an office leads to, at the wallet's own address.
  const atTheWallet = (link) => addressAt(wallet, link)
  const asked = async () => {
    await page.goto(`${space}/join`)
    return page.locator('.actions a').first().getAttribute('href')
  }
  // A page that has just come up takes no answer yet.
  const ready = () => page.locator('[data-guarded][data-ready]').first().waitFor()
  const unlock = async () => {
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
  }
  try {
    await report.check('an offer waits behind the locked wallet, is taken, and home is as it was but for that', async () => {
      await page.goto(atTheWallet((await network.offer()).offer))
      await unlock()
      await page.getByRole('button', { name: 'Take it' }).waitFor()
      truthy((await heading()).includes('office.localhost offers you'), await heading())
      await seen('an offer')
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('Your wallet has something new').first().waitFor()
      await seen('an offer that was taken')
      await page.getByRole('link', { name: 'To your wallet' }).click()
      truthy((await page.locator('main').innerText()).includes('You have given no space your details.'), 'no home')
      await seen('home')
    })
    await report.check('a space asks: values, place and reason are seen before anything is sent', async () => {
      await page.goto(atTheWallet(await asked()))
      await page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      truthy((await heading()).endsWith('asks you'), await heading())
      const main = await page.locator('main').innerText()
      truthy(main.includes('at kiln-north.localhost'), 'no place')
      truthy(main.includes('Needed') && main.includes('Optional'), 'no parts')
      await seen('a question')
      await page.locator('summary', { hasText: 'Details' }).click()
      truthy((await page.locator('dl').innerText()).includes('did:webvh:'), 'no identifier')
      await seen('its details')
    })
    await report.check('what is unticked is said at once, and nothing is shared by it', async () => {
      const box = page.locator('#parts input').first()
      await box.uncheck()
      await page.getByText('Needed, and it would not be shared like this: e-mail address').waitFor()
      equal(await page.locator('[data-share]').getAttribute('aria-disabled'), 'true', 'it can be shared')
      await seen('something unticked')
      await box.check()
      await page.locator('[data-share]:not([aria-disabled])').waitFor()
      equal(await page.locator('[data-problem]').textContent(), '', 'a sentence stays')
    })
    await report.check('not now: nothing is sent, home knows nothing more of it, and the link can be opened again', async () => {
      const address = page.url()
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
      await seen('left open')
      await page.goto(address)
      truthy((await page.locator('main').innerText()).includes('Nothing was sent.'), 'asked again')
    })
    await report.check('shared by keyboard, the browser is led on and welcomed; going back sends nothing twice', async () => {
      const link = await asked()
      await page.goto(atTheWallet(link))
      const address = page.url()
      await page.locator('[data-share]').waitFor()
      // A second click that was meant for what was there before, and Enter in a box, share nothing.
      await page.evaluate(() => {
        dispatchEvent(new Event('focus'))
        document.querySelector('[data-share]').click()
      })
      await page.waitForTimeout(300)
      equal(page.url(), address, 'shared by accident')
      await ready()
      await page.locator('#parts input').first().press('Enter')
      await page.getByRole('button', { name: 'Share', exact: true }).focus()
      equal(page.url(), address, 'shared by Enter in a box')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${space}/join/answer`).catch(async (error) => { throw new Error(`${error.message}; seen: ${await page.locator('main').innerText()}`) })
      truthy((await heading()).includes('Welcome'), await heading())
      // The membership that the space gives comes by itself.
      await page.goto(address)
      await page.getByText('a membership').first().waitFor({ timeout: 40000 })
      await page.goto(atTheWallet(link))
      await page.getByText('has what you shared').first().waitFor()
      await seen('shared')
    })
    await report.check('without scripts, Enter in a box keeps what is ticked and shares nothing', async () => {
      const link = await asked()
      const plain = await openPage(browser, { ...phone, javaScriptEnabled: false, storageState: await page.context().storageState() })
      await plain.page.goto(atTheWallet(link))
      const box = plain.page.locator('input[type=checkbox]:not([disabled])').last()
      const before = await box.isChecked()
      await box.setChecked(!before)
      await box.press('Enter')
      await plain.page.waitForLoadState()
      equal(await plain.page.locator('input[type=checkbox]:not([disabled])').last().isChecked(), !before, 'what is ticked')
      await plain.page.getByRole('button', { name: 'Not now' }).click()
      await plain.page.getByText('Nothing was sent.').waitFor()
      await plain.close()
    })
    await report.check('a second tab shows the same question, and one of them answers', async () => {
      const link = atTheWallet(await asked())
      await page.goto(link)
      const other = await page.context().newPage()
      await other.goto(link)
      equal(other.url(), page.url(), 'address')
      await other.getByRole('button', { name: 'Say no to them' }).click()
      await other.getByText('You said no.').waitFor()
      // Nothing is touched in the first one: it hears of it.
      await page.getByText('You said no.').waitFor()
      await other.close()
    })
    await report.check('the button of a space remembers where the wallet is, and leads there', async () => {
      await page.goto(`${space}/join`)
      await page.locator('summary', { hasText: 'My wallet has a web address' }).click()
      await page.locator('#wallet-address').fill('http://not.this.machine')
      await page.getByRole('button', { name: 'Remember it' }).click()
      await page.getByText('Type the address as your browser shows it').waitFor()
      await seen('a wrong address')
      await page.locator('#wallet-address').fill(`${wallet.url}/unlock?next=/`)
      await page.keyboard.press('Enter')
      const button = page.getByRole('link', { name: `Open my wallet at ${new URL(wallet.url).host}` })
      await button.waitFor()
      await seen('an address that is remembered')
      await page.reload()
      await button.click()
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.goto(`${space}/join`)
      await page.locator('summary', { hasText: 'My wallet has a web address' }).click()
      await page.getByRole('button', { name: 'Forget it' }).click()
      truthy((await page.locator('.actions a').first().getAttribute('href')).startsWith('openid4vp:'), 'not forgotten')
    })
    await report.check('links that are none are told, each with what to do', async () => {
      await page.goto(`${wallet.url}/open`)
      await seen('opening a link')
      for (const [link, sentence] of [['hello', 'This is no link that a wallet can open'], ['javascript:alert(1)', 'This is no link']]) {
        await page.locator('#link').fill(link)
        await page.getByRole('button', { name: 'Open it' }).click()
        await page.locator('.summary').getByText(sentence).waitFor()
        await seen(`a link that is none: ${link}`)
      }
      await page.locator('#link').fill(`${space}/join`)
      await page.getByRole('button', { name: 'Open it' }).click()
      await page.getByText('This is the address of a page').waitFor()
      hand.faults.splice(0)
    })
    await report.check('a request that has run out is told in words', async () => {
      const link = await asked()
      const gone = link.replace(/request_uri=[^&]*/, `request_uri=${encodeURIComponent(`${space}/oid4vp/requests/none`)}`)
      await page.goto(atTheWallet(gone))
      await page.getByText('The link was used or has run out').waitFor()
      await seen('run out')
    })
    await report.check('home leads to what the space has, and to the history', async () => {
      await page.goto(wallet.url)
      await page.getByRole('link', { name: '1 space has details of you.' }).click()
      await page.getByRole('link', { name: 'Kiln North', exact: true }).click()
      const has = await page.locator('main').innerText()
      for (const part of ['Kiln North', 'e-mail address', 'kept while you are a member', 'seen by the team', 'you shared']) truthy(has.includes(part), `${part} is not told: ${has}`)
      await seen('what a space has')
      await page.locator('nav summary').click()
      await page.getByRole('navigation').getByRole('link', { name: 'History' }).click()
      await page.getByText('You left it open.').first().waitFor()
      await page.getByText('You said no.').first().waitFor()
      await seen('the history')
      await page.goto(`${wallet.url}/history?kind=offer`)
      await page.getByRole('heading', { name: /^Offered: / }).first().waitFor()
      await page.getByRole('link', { name: 'Keep a copy of the history' }).click()
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'For programs (JSON)' }).click()])
      truthy(JSON.parse(await readFile(await file.path(), 'utf8')).history.length > 3, 'no history')
    })
    await report.check('a passphrase is changed, and the recovery code tried, at the page for that', async () => {
      await page.goto(wallet.url)
      await page.getByRole('link', { name: 'Is your recovery code on paper' }).click()
      await page.locator('#code').fill('WRONG-CODE')
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.locator('.summary').getByText('This is no recovery code').waitFor()
      await seen('a wrong recovery code')
      await page.locator('#code').fill(recoveryCode)
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.getByText('It was right when you tried it').waitFor()
      await seen('ways in')
      await page.goto(wallet.url)
      equal(await page.getByRole('link', { name: 'Is your recovery code on paper' }).count(), 0, 'reminders')
      hand.faults.splice(0)
    })
    await report.check('locked in the middle, the question is gone, and the link asks it again', async () => {
      const link = await asked()
      await page.goto(atTheWallet(link))
      await page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      const address = page.url()
      await page.goto(wallet.url)
      await page.getByText('waits for you').first().waitFor()
      await page.locator('nav summary').click()
      await page.getByRole('button', { name: 'Lock', exact: true }).click()
      await page.waitForURL(`${wallet.url}/unlock`)
      await page.goto(address)
      await unlock()
      await page.getByText('This page is over').waitFor()
      await seen('a page that is over')
      hand.faults.splice(0)
    })
    await report.check('no page broke a rule or called another host', async () => equal(hand.faults, [], 'faults'))
  } finally {
    await hand.close()
    await wallet.stop()
  }
}
