// The pages on which a stranger begins: they must work on a phone and a desk, for everybody, and call nobody else.
import { accessibilityFaults, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'

export const title = 'The join page of a space'

const pages = [['first page', '/'], ['privacy page', '/privacy'], ['join page', '/join'], ['page without a sign-up', '/join/answer']]

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  for (const [label, context] of [['desk', {}], ['phone', phone], ['dark', { colorScheme: 'dark' }], ['Spanish', { locale: 'es' }]]) {
    for (const [name, path] of pages) {
      const { page, faults, close } = await openPage(browser, context)
      try {
        await report.check(`${name}, ${label}: has one heading and a policy`, async () => {
          const response = await page.goto(space + path)
          equal(response.status(), 200, 'status')
          truthy(response.headers()['content-security-policy'], 'no Content-Security-Policy')
          equal(await page.locator('h1').count(), 1, 'headings of level 1')
          equal(await page.locator('html').getAttribute('lang'), label === 'Spanish' ? 'es' : 'en', 'language')
        })
        if (path === '/join') {
          await report.check(`${name}, ${label}: has a QR code with a text alternative, the same as text, and a link`, async () => {
            const code = page.locator('svg[role=img]')
            truthy(await code.isVisible(), 'no QR code')
            truthy(await code.getAttribute('aria-label'), 'no text alternative')
            truthy((await page.locator('#join-link').inputValue()).startsWith('openid4vp://'), 'no link as text')
            truthy((await page.locator('.actions a').first().getAttribute('href')).startsWith('openid4vp://'), 'no link for this device')
          })
        }
        await report.check(`${name}, ${label}: no accessibility fault`, async () => equal(await accessibilityFaults(page), [], 'faults'))
        await report.check(`${name}, ${label}: does not scroll sideways`, async () => equal(await sidewaysScroll(page), false, 'sideways'))
        await report.check(`${name}, ${label}: no script error, nothing refused, no other host`, () => equal(faults, [], 'faults'))
      } finally {
        await close()
      }
    }
  }
  await withoutScript({ report, space, browser })
}

// Everything works without script: the page has its button, and the page behind it loads itself again.
async function withoutScript({ report, space, browser }) {
  const { page, close } = await openPage(browser, { javaScriptEnabled: false })
  try {
    await report.check('join page without script: leads on to a page that goes on by itself', async () => {
      await page.goto(`${space}/join`)
      await page.locator('a[href="/join/answer"]').click()
      equal(new URL(page.url()).pathname, '/join/answer', 'path')
      truthy((await page.content()).includes('http-equiv="refresh"'), 'no refresh')
    })
  } finally {
    await close()
  }
}
