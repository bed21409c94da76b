// The pictures of docs/space.md: a space's portal on a phone and at a desk, light and dark.
// Written into the folder PASSPORT_PICTURES (`cargo xtask screens`).
import { openPage, phone } from '../lib/browser.mjs'
import { join } from 'node:path'

export const title = 'Pictures of the portal'

const desk = { viewport: { width: 1280, height: 800 } }

export async function run({ report, network, browser }) {
  const folder = process.env.PASSPORT_PICTURES
  if (!folder) throw new Error('PASSPORT_PICTURES names the folder')
  for (const [form, view] of [['phone', phone], ['desk', desk]]) {
    for (const colours of ['light', 'dark']) {
      const { page, close } = await openPage(browser, { ...view, colorScheme: colours })
      await report.check(`${form}, ${colours}`, async () => {
        await page.goto(`http://harbour.localhost:${network.port}/`)
        await page.screenshot({ path: join(folder, `portal-${form}-${colours}.png`) })
      })
      await close()
    }
  }
}
