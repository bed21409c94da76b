// A space with its own colour and logo, from its settings: on its pages, light and dark, at a desk and on a phone.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { startNetwork } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'A space in its own colour, with its own logo'

const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" rx="8" fill="#0b6e4f"/><circle cx="20" cy="20" r="10" fill="#fff"/></svg>'
const views = [['desk', {}], ['phone', phone], ['dark phone', { ...phone, colorScheme: 'dark', locale: 'es' }]]

// In a network of its own: other journeys look at the pages as they come.
export async function run({ report, browser }) {
  const network = await startNetwork({ settings: { harbour: { look: { accent: '#ffd400', logo: 'logo.svg' } } }, files: { 'harbour/logo.svg': logo } })
  const space = `http://harbour.localhost:${network.port}`
  const seen = lookingAs('portal-look')
  try {
    for (const [label, context] of views) {
      const { page, faults, close } = await openPage(browser, context)
      try {
        await report.check(`${label}: the logo is there, and everything is readable on a bright colour`, async () => {
          for (const [name, path] of [['portal', '/'], ['sign in', '/sign-in'], ['no passport', '/no-passport'], ['by number', '/join/number']]) {
            equal((await page.goto(space + path)).status(), 200, `${path} status`)
            const picture = page.locator('header img').first()
            await picture.waitFor()
            truthy(await picture.evaluate((image) => image.complete && image.naturalWidth > 0), `${path}: the logo is broken`)
            equal(new URL(await picture.evaluate((image) => image.src)).origin, space, 'where the logo lies')
            await seen(page, `${name} ${label}`)
          }
          const served = await page.goto(await page.locator('header img').first().evaluate((image) => image.src))
          equal(served.headers()['content-type'], 'image/svg+xml', 'its type')
          truthy(served.headers()['content-security-policy'].includes("default-src 'none'"), served.headers()['content-security-policy'])
          equal(faults, [], 'faults')
        })
      } finally {
        await close()
      }
    }
  } finally {
    await network.close()
  }
}
