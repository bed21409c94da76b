// A member gets a passport: the office's pages, and the mail as the demo shows it.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { answerOf, binary, passport } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'A passport from the office'

const views = [['desk', {}], ['phone', phone], ['Spanish', { locale: 'es' }]]

export async function run({ report, network, browser }) {
  const office = `http://office.localhost:${network.port}`
  const mails = `http://mail.localhost:${network.port}/`
  const store = join(network.dir, 'passport.store')
  const wallet = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  const good = async (page, faults) => {
    equal(await page.locator('h1').count(), 1, 'headings of level 1')
    equal(await accessibilityFaults(page), [], 'accessibility faults')
    equal(await sidewaysScroll(page), false, 'sideways')
    equal(faults, [], 'faults')
  }
  const everywhere = async (name, address) => {
    for (const [label, context] of views) {
      const { page, faults, close } = await openPage(browser, context)
      try {
        await report.check(`${name}, ${label}: readable for everybody, and nothing beside it`, async () => {
          equal((await page.goto(address)).status(), 200, 'status')
          await good(page, faults)
        })
      } finally {
        await close()
      }
    }
  }
  for (const [name, path] of [['first page', '/'], ['passport page', '/passport'], ['privacy page', '/privacy']]) await everywhere(`${name} of the office`, office + path)

  await wallet('init')
  await wallet('network', `http://operator.localhost:${network.port}/network.json`)
  await wallet('own', 'set', 'email', 'ada@example.org')
  const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', join(network.dir, 'data')])
  await wallet('accept-offer', offer)
  const hand = await openPage(browser, phone)
  try {
    await report.check('on a phone: the button stands before the QR code', async () => {
      await hand.page.goto(`${office}/passport`)
      const [button, code] = await Promise.all(['.actions a', 'svg[role=img]'].map((part) => hand.page.locator(part).first().boundingBox()))
      truthy(button.y < code.y, 'the QR code comes first')
    })
    await report.check('the page goes on to the mail, whose link confirms the address', async () => {
      await wallet('present', await hand.page.locator('#passport-link').inputValue())
      await hand.page.waitForURL(`${office}/passport/answer?**`)
      const link = hand.page.locator('.card a').first()
      for (let tries = 0; tries < 50; tries += 1) {
        await hand.page.goto(mails)
        if (await link.count()) break
        await hand.page.waitForTimeout(100)
      }
      await good(hand.page, hand.faults)
      equal(await link.innerText(), await link.getAttribute('href'), 'the link as text')
      await link.click()
      await hand.page.locator('button').click()
      truthy((await hand.page.locator('h1').innerText()).includes('confirmed'), 'not confirmed')
    })
    await everywhere('page with the mails', mails)
  } finally {
    await hand.close()
  }
}
