// What happens to people: two tabs, back, reload, no network in the middle, time that runs out, a touch twice, and two browsers.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'A question, whatever happens meanwhile'

const views = [['phone', phone], ['desk', { viewport: { width: 1280, height: 800 } }]]

export async function run({ report, network, browser }) {
  for (const [label, view] of views) await inView({ report, network, browser, label, view })
}

async function inView({ report, network, browser, label, view }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const store = join(network.dir, `resilience-${label}.store`)
  const terminal = async (...words) => {
    const { code, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  await terminal('accept-offer', (await network.offer()).offer)
  const wallet = await serveWallet(store)
  const one = await openPage(browser, view)
  const other = await openPage(browser, view)
  const { page } = one
  const seen = async (what, of = page) => {
    equal(await accessibilityFaults(of), [], `accessibility faults, ${what}`)
    equal(await sidewaysScroll(of), false, `sideways, ${what}`)
  }
  const atTheWallet = (link) => `${wallet.url}/authorize?${link.split('?').slice(1).join('?')}`
  const asked = async (of = page) => {
    await of.goto(`${space}/join`)
    return of.locator('.actions a').first().getAttribute('href')
  }
  const unlock = async (of) => {
    await of.locator('#passphrase').fill(walletPassphrase)
    await of.keyboard.press('Enter')
  }
  const share = (of = page) => of.getByRole('button', { name: 'Share', exact: true })
  const ready = (of = page) => of.locator('[data-share][data-ready]').waitFor()
  const check = (what, body) => report.check(`${label}: ${what}`, body)
  try {
    await check('link, opening, question, back at the space: in two browsers, each for itself', async () => {
      for (const { page: of } of [one, other]) {
        await of.goto(atTheWallet(await asked(of)))
        await unlock(of)
        await share(of).waitFor()
        await seen('a question behind the lock', of)
        await ready(of)
        await share(of).click()
        await of.waitForURL(`${space}/join/answer`)
        truthy((await of.locator('h1').innerText()).includes('Welcome'), await of.locator('h1').innerText())
        // The next question is about a member: one that came before the membership would be asked anew.
        await of.goto(`${wallet.url}/held`)
        for (let tries = 0; tries < 100 && !(await of.locator('main').innerText()).includes('Kiln North'); tries += 1) {
          await of.waitForTimeout(200)
          await of.reload()
        }
      }
      // What one browser did is no session of the other: a third one that only knows the address is not welcomed.
      const third = await openPage(browser, view)
      await third.page.goto(`${space}/join/answer`)
      truthy(!(await third.page.locator('main').innerText()).includes('Welcome'), 'a stranger is welcomed')
      await third.close()
    })
    await check('the question that waits in one browser is at home in the other, without a touch', async () => {
      await other.page.goto(wallet.url)
      await page.goto(atTheWallet(await asked()))
      await share().waitFor()
      await other.page.getByRole('link', { name: 'Kiln North waits for you' }).waitFor()
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
      await other.page.getByRole('link', { name: 'Kiln North waits for you' }).waitFor({ state: 'detached' })
    })
    await check('two tabs: what one answers is told in the other, which asks no more', async () => {
      const link = atTheWallet(await asked())
      await page.goto(link)
      const tab = await page.context().newPage()
      await tab.goto(link)
      await ready(tab)
      await tab.getByRole('button', { name: 'Say no to them' }).click()
      await tab.getByText('You said no.').waitFor()
      await page.getByText('You said no.').waitFor()
      equal(await share().count(), 0, 'buttons')
      await tab.close()
    })
    await check('loaded again in the middle, it is the same question; going back to it asks once', async () => {
      await page.goto(atTheWallet(await asked()))
      await share().waitFor()
      const address = page.url()
      const text = await page.locator('main').innerText()
      await page.reload()
      equal(await page.locator('main').innerText(), text, 'the question')
      await page.getByRole('link', { name: 'My network passport' }).first().click()
      await page.waitForURL(`${wallet.url}/`)
      await page.goBack()
      equal(page.url(), address, 'address')
      await ready()
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
      // Whether the browser counts the answer as a page of its own or not: what is come back to asks no more.
      await page.goBack()
      if (page.url() === address) await page.getByText('Nothing was sent.').waitFor()
      equal(await share().count(), 0, 'asked again')
    })
    await check('no network in the middle: nothing is sent, and the question waits', async () => {
      await page.goto(atTheWallet(await asked()))
      await ready()
      const address = page.url()
      await page.context().setOffline(true)
      await share().click()
      // The browser's own page, or ours: either way nothing of the question is taken for answered.
      await page.waitForFunction(() => document.readyState === 'complete').catch(() => {})
      await page.context().setOffline(false)
      await page.goto(address)
      await ready()
      await seen('after a while without a network')
      await share().click()
      await page.waitForURL(`${space}/join/answer`)
      one.faults.splice(0)
    })
    await check('without a network a page says so, and goes on by itself when there is one', async () => {
      await page.goto(wallet.url)
      await page.waitForFunction(() => navigator.serviceWorker.ready.then(({ active }) => active.state === 'activated'))
      await page.reload()
      await page.context().setOffline(true)
      await page.goto(`${wallet.url}/spaces`)
      await page.getByRole('heading', { name: 'No network' }).waitFor()
      await seen('no network')
      await page.context().setOffline(false)
      await page.waitForURL(`${wallet.url}/`)
      one.faults.splice(0)
    })
    await check('two touches are one answer', async () => {
      await page.goto(atTheWallet(await asked()))
      await ready()
      const posted = []
      page.on('request', (request) => request.method() === 'POST' && new URL(request.url()).pathname.startsWith('/asked/') && posted.push(request.url()))
      await share().dblclick()
      await page.waitForURL(`${space}/join/answer`)
      equal(posted.filter((url) => !url.endsWith('/check')).length, 1, 'answers')
    })
    await check('time runs out while the question is on the screen: the page says so by itself', async () => {
      const { link, request } = await network.request({ space: 'kiln-north', seconds: 12 })
      await page.goto(atTheWallet(link ?? request))
      await share().waitFor()
      await page.getByText('The time to answer was over. Nothing was sent.').first().waitFor({ timeout: 40000 })
      equal(await share().count(), 0, 'buttons')
      await seen('time that ran out')
    })
    await check('locked in another tab, the question leaves the screen, and after opening it is said what happened', async () => {
      await page.goto(atTheWallet(await asked()))
      await share().waitFor()
      const tab = await page.context().newPage()
      await tab.goto(wallet.url)
      await tab.locator('nav summary').click()
      await tab.getByRole('button', { name: 'Lock', exact: true }).click()
      await tab.waitForURL(`${wallet.url}/unlock`)
      await page.waitForURL(/\/unlock\?next=/)
      await tab.close()
      one.faults.splice(0)
    })
    await check('no page broke a rule or called another host', async () => equal([...one.faults, ...other.faults], [], 'faults'))
  } finally {
    await one.close()
    await other.close()
    await wallet.stop()
  }
}
