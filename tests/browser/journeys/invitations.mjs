// Invitations: the page on which a number is typed, and the page behind the link of a mail.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { answerOf, binary } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { makeMember } from '../lib/member.mjs'
import { join } from 'node:path'
import { numbered } from '../../interop/lib/number.mjs'

export const title = 'Invitations of a space'

const views = [['desk', {}], ['phone', phone], ['dark', { colorScheme: 'dark' }], ['Spanish', { locale: 'es' }]]

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const data = join(network.dir, 'data')
  const known = numbered('HRB100000000')
  const mistyped = known.slice(0, -1) + (known.endsWith('0') ? '1' : '0')
  const good = async (page, faults) => {
    equal(await page.locator('h1').count(), 1, 'headings of level 1')
    equal(await accessibilityFaults(page), [], 'accessibility faults')
    equal(await sidewaysScroll(page), false, 'sideways')
    equal(faults, [], 'faults')
  }
  const everywhere = async (name, address, status = 200) => {
    for (const [label, context] of views) {
      const { page, faults, close } = await openPage(browser, context)
      try {
        await report.check(`${name}, ${label}: readable for everybody, and nothing beside it`, async () => {
          equal((await page.goto(address)).status(), status, 'status')
          // The console tells of a page that is not there; that it is not is what is looked at.
          await good(page, faults.filter((fault) => status === 200 || !fault.includes(String(status))))
        })
      } finally {
        await close()
      }
    }
  }

  await everywhere('page with the number', `${space}/join/number`)
  await everywhere('page after it', `${space}/join/number/sent`)
  await everywhere('page of an invitation that is none', `${space}/join/invited/AAAAAAAAAAAAAAAAAAAAAA`, 404)
  for (const [label, context] of [['desk', {}], ['phone', phone], ['without script', { javaScriptEnabled: false }]]) {
    const { page, close } = await openPage(browser, context)
    try {
      await report.check(`a slip in the number, ${label}: by keyboard alone, said beside the field, and what was typed stays`, async () => {
        await page.goto(`${space}/join`)
        await page.locator('a[href="/join/number"]').click()
        // Skip link, number, address: nothing else is in between.
        for (let stops = 0; (await page.evaluate('document.activeElement.id')) !== 'number'; stops += 1) {
          truthy(stops < 3, 'the number is not soon reached by keyboard')
          await page.keyboard.press('Tab')
        }
        await page.keyboard.type(mistyped.toLowerCase())
        await page.keyboard.press('Tab')
        equal(await page.evaluate('document.activeElement.id'), 'email', 'after the number')
        await page.keyboard.type('ada@example.org')
        await page.keyboard.press('Enter')
        const wrong = page.locator('#number-error')
        await wrong.waitFor()
        truthy((await wrong.innerText()).includes('one symbol is wrong'), 'the slip is not named')
        equal(await page.locator('#number').getAttribute('aria-describedby'), 'number-hint number-error', 'description')
        equal(await page.locator('#number').inputValue(), mistyped.toLowerCase(), 'what was typed')
        equal(await page.locator('#email').inputValue(), 'ada@example.org', 'what was typed')
        equal(await page.locator('#email-error').count(), 0, 'faults of the address')
        if (label !== 'without script') equal(await accessibilityFaults(page), [], 'accessibility faults')
        equal(await sidewaysScroll(page), false, 'sideways')
      })
      await report.check(`a number that nobody has, ${label}: goes on to the same page as any other`, async () => {
        await page.fill('#number', `${known.slice(0, 4)} ${known.slice(4, 8)}-${known.slice(8)}`)
        await page.keyboard.press('Enter')
        await page.waitForURL(`${space}/join/number/sent`)
        truthy((await page.locator('h1').innerText()).includes('Look into your wallet'), 'heading')
      })
    } finally {
      await close()
    }
  }
  await byMail({ report, network, browser, space, data, good, everywhere })
}

// The link of a mail, until somebody has answered.
async function byMail({ report, network, browser, space, data, good, everywhere }) {
  const { terminal: wallet } = await makeMember(network, 'invited')
  await wallet('accept-offer', (await network.offer()).offer)
  const { id } = await answerOf([binary, 'verifier', 'invite', 'kiln-north', '--email', 'ben@example.org', '--data', data])
  const state = async () => {
    const { invitations } = await answerOf([binary, 'verifier', 'invitations', 'kiln-north', '--data', data])
    return invitations.find((one) => one.id === id).state
  }
  const { page, faults, close } = await openPage(browser, phone)
  let address
  try {
    await report.check('the mail holds one link to the space and no code', async () => {
      equal(await state(), 'sent', 'state')
      const link = page.locator(`a[href^="${space}/join/invited/"]`).first()
      for (let tries = 0; tries < 50; tries += 1) {
        await page.goto(`http://mail.localhost:${network.port}/`)
        if (await link.count()) break
        await page.waitForTimeout(100)
      }
      address = await link.getAttribute('href')
      equal(await link.innerText(), address, 'the link as text')
    })
    await everywhere('page of an invitation', address)
    await report.check('the page of an invitation, on a phone: the button stands before the QR code, and an answer fills the invitation', async () => {
      await page.goto(address)
      await good(page, faults)
      equal(await state(), 'opened', 'state')
      const [button, code] = await Promise.all(['.actions a', 'svg[role=img]'].map((part) => page.locator(part).first().boundingBox()))
      truthy(button.y < code.y, 'the QR code comes first')
      const said = await wallet('present', await page.locator('.actions a').first().getAttribute('href'))
      await page.goto(said.match(/https?:\/\/\S+\/join\/\S+/)[0])
      truthy((await page.locator('h1').innerText()).includes('Welcome'), 'no welcome')
      equal(await state(), 'answered', 'state')
    })
    await everywhere('page of an invitation that was answered', address)
  } finally {
    await close()
  }
}
