// The page on which a stranger begins: it must work on a phone and a desk, for everybody, and call nobody else.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'The join page of a space'

export async function run({ report, network, browser }) {
  const address = `http://kiln-north.localhost:${network.port}/join`
  for (const [label, context] of [['desk', {}], ['phone', phone], ['dark', { colorScheme: 'dark' }]]) {
    const { page, faults, close } = await openPage(browser, context)
    try {
      await report.check(`join page, ${label}: has a heading, a QR code and a link`, async () => {
        const response = await page.goto(address)
        equal(response.status(), 200, 'status')
        truthy(response.headers()['content-security-policy'], 'no Content-Security-Policy')
        equal(await page.locator('h1').count(), 1, 'headings of level 1')
        truthy(await page.locator('svg, img').first().isVisible(), 'no picture that could be a QR code')
        truthy(await page.locator('a[href]').count(), 'no link')
      })
      await report.check(`join page, ${label}: no accessibility fault`, async () => equal(await accessibilityFaults(page), [], 'faults'))
      await report.check(`join page, ${label}: does not scroll sideways`, async () => equal(await sidewaysScroll(page), false, 'sideways'))
      await report.check(`join page, ${label}: no script error, nothing refused, no other host`, () => equal(faults, [], 'faults'))
    } finally {
      await close()
    }
  }
}
