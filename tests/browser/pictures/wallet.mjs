// The pictures of docs/ and the README: home and a question of the wallet, on a phone and at a desk, light and dark.
// Written into the folder PASSPORT_PICTURES (`cargo xtask screens`).
import { openPage, phone } from '../lib/browser.mjs'
import { joinedMember } from '../lib/joined-member.mjs'
import { join } from 'node:path'

export const title = 'Pictures of the wallet'

const desk = { viewport: { width: 1280, height: 800 } }

export async function run({ report, network, browser }) {
  const folder = process.env.PASSPORT_PICTURES
  if (!folder) throw new Error('PASSPORT_PICTURES names the folder')
  const { wallet, open, question } = await joinedMember({ network, browser, label: 'pictures' })
  try {
    for (const [form, view] of [['phone', phone], ['desk', desk]]) {
      for (const colours of ['light', 'dark']) {
        const { page, close } = await openPage(browser, { ...view, colorScheme: colours })
        const picture = (what, whole = false) => page.screenshot({ path: join(folder, `wallet-${what}-${form}-${colours}.png`), fullPage: whole })
        await report.check(`${form}, ${colours}`, async () => {
          await open(page)
          await picture('home')
          await page.goto(`${wallet.url}/spaces`)
          await page.getByRole('link', { name: 'Kiln North', exact: true }).click()
          await page.waitForLoadState()
          await picture('space')
          await question(page)
          await page.locator('[data-share][data-ready]').waitFor()
          await picture('asks', true)
          await page.getByRole('button', { name: 'Not now' }).click()
          await page.getByText('Nothing was sent.').waitFor()
        })
        await close()
      }
    }
  } finally {
    await wallet.stop()
  }
}
