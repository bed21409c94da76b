// A member joins with our wallet: by the QR code of a screen with the digits of the phone, and on one device.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'Joining a space with a wallet'

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const store = join(network.dir, 'joining.store')
  const wallet = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  // Answers a request; gives the page on which its holder goes on.
  const present = async (link) => {
    const said = await wallet('present', link)
    const address = said.match(/https?:\/\/\S+\/join\/\S+/)?.[0]
    truthy(address, `no page to go on at: ${said}`)
    return address
  }
  await wallet('init')
  await wallet('network', `http://operator.localhost:${network.port}/network.json`)
  await wallet('accept-offer', (await network.offer()).offer)
  const seen = lookingAs('join-with-a-wallet')

  const screen = await openPage(browser)
  const hand = await openPage(browser, phone)
  try {
    await report.check('by QR: the digits of the phone sign the screen in, wrong ones do not', async () => {
      await screen.page.goto(`${space}/join`)
      const address = await present(await screen.page.locator('#join-link').inputValue())
      await hand.page.goto(address)
      // Grouped, and typed as they are shown.
      const digits = await hand.page.locator('.digits').innerText()
      truthy(/^\d{3} \d{3}$/.test(digits), `no six digits: ${digits}`)
      await seen(hand.page, 'digits')
      await screen.page.waitForURL(`${space}/join/answer`)
      await seen(screen.page, 'code entry')
      await screen.page.fill('#code', digits === '000 000' ? '111111' : '000000')
      await screen.page.keyboard.press('Enter')
      await screen.page.locator('#code-error').waitFor()
      await seen(screen.page, 'wrong digits')
      await screen.page.locator('#code').pressSequentially(digits)
      await screen.page.keyboard.press('Enter')
      await screen.page.waitForURL(`${space}/join/answer`)
      truthy((await screen.page.locator('h1').innerText()).includes('Welcome'), 'no welcome')
      await seen(screen.page, 'welcome')
    })
    await report.check('on one device: coming back in the browser that asked joins', async () => {
      await hand.page.goto(`${space}/join`)
      const address = await present(await hand.page.locator('.actions a').first().getAttribute('href'))
      await hand.page.goto(address)
      equal(new URL(hand.page.url()).pathname, '/join/answer', 'path')
      truthy((await hand.page.locator('h1').innerText()).includes('Welcome'), 'no welcome')
      await seen(hand.page, 'welcome')
    })
    await report.check('on one device: coming back in another browser is refused', async () => {
      await screen.page.goto(`${space}/join`)
      const address = await present(await screen.page.locator('.actions a').first().getAttribute('href'))
      equal((await hand.page.goto(address)).status(), 403, 'status')
      await seen(hand.page, 'another browser')
      equal((await screen.page.goto(address)).status(), 410, 'status in the right browser afterwards')
    })
    await report.check('what comes next at the same screen is a session of its own', async () => {
      const cookie = async () => (await screen.page.context().cookies(space)).find(({ name }) => name === '__Host-session')?.value
      await screen.page.goto(`${space}/join`)
      const address = await present(await screen.page.locator('.actions a').first().getAttribute('href'))
      await screen.page.goto(address)
      const before = await cookie()
      await screen.page.goto(`${space}/join`)
      truthy(before && before !== (await cookie()), 'the session was kept')
    })
  } finally {
    await screen.close()
    await hand.close()
  }
}
