// A passport for the wallet of a terminal: membership, application, the link in the mail, and what comes of it.
import { answerOf, binary } from '../../interop/lib/passport.mjs'

// `terminal` runs a command of that wallet; `page` is any browser's.
export async function firstPassport({ network, terminal, page, address }) {
  const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', network.data])
  await terminal('own', 'set', 'email', address)
  await terminal('accept-offer', offer)
  await page.goto(`http://office.localhost:${network.port}/passport`)
  await terminal('present', await page.locator('#passport-link').inputValue())
  const letter = page.locator('.card', { hasText: address }).locator('a').first()
  for (let tries = 0; tries < 100; tries += 1) {
    await page.goto(`http://mail.localhost:${network.port}/`)
    if (await letter.count()) break
    await page.waitForTimeout(100)
  }
  await letter.click()
  await page.locator('button').click()
  await page.getByRole('heading', { name: 'confirmed' }).waitFor()
  await terminal('collect')
}
