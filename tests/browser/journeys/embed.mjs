// A space's button on a web site of somebody else, at another origin and under a strict policy of its own.
import { createServer } from 'node:http'
import { accessibilityFaults, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'The button on any web site'

// Pages of a site that allows its own files and the space's script, and nothing inline.
async function site(space) {
  const page = (body, head = '') => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A shop</title>${head}</head><body><main><h1>A shop</h1>${body}</main></body></html>`
  const script = `<script src="${space}/passport-button.js" async></script>`
  const pages = {
    '/': page(`${script}<passport-button></passport-button><p lang="es"><passport-button for="sign-in" size="large"></passport-button></p>`),
    '/hostile': page(`${script}${script}<passport-button id="one" for="<img src=x onerror=alert(1)>" size="&quot;><script>alert(1)</script>" lang="&lt;b&gt;" style-x="y"></passport-button>`),
    '/taken': page(`${script}<passport-button></passport-button>`, '<script src="/taken.js"></script>'),
    '/framed': page(`<iframe src="${space}/join" title="framed"></iframe>`),
    '/bare': page(`${script}<passport-button><a href="${space}/join">Sign up</a></passport-button>`),
  }
  const files = { '/taken.js': 'customElements.define("passport-button", class extends HTMLElement { connectedCallback() { this.textContent = "mine" } })' }
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://shop.localhost').pathname
    if (path === '/favicon.ico') return response.writeHead(204).end()
    const text = pages[path] ?? files[path]
    const type = files[path] ? 'text/javascript' : 'text/html; charset=utf-8'
    response.writeHead(text ? 200 : 404, {
      'content-type': type,
      'content-security-policy': `default-src 'none'; script-src 'self' ${space}; style-src 'self'; img-src 'self'; frame-src ${space}; require-trusted-types-for 'script'`,
      'cross-origin-embedder-policy': 'require-corp',
    })
    response.end(text)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { at: `http://shop.localhost:${server.address().port}`, close: () => server.close() }
}

export async function run({ report, network, browser }) {
  const space = `http://kiln-south.localhost:${network.port}`
  const data = join(network.dir, 'data')
  const seen = lookingAs('embed')
  const shop = await site(space)
  const link = (page, which = 0) => page.locator('passport-button a').nth(which)
  try {
    for (const [label, context] of [['desk', {}], ['phone', phone], ['dark', { colorScheme: 'dark' }]]) {
      const { page, faults, close } = await openPage(browser, context)
      const calls = []
      page.on('request', (request) => request.url().startsWith(space) && calls.push(request))
      try {
        await report.check(`the button, ${label}: readable, in the words of the page, and it calls for nothing but its script`, async () => {
          await page.goto(shop.at)
          await link(page).waitFor()
          equal(await link(page).innerText(), 'Sign up with Passport', 'words')
          equal(await link(page, 1).innerText(), 'Iniciar sesión con Passport', 'words in Spanish')
          equal(await link(page).getAttribute('href'), `${space}/join`, 'where it leads')
          equal(await link(page, 1).getAttribute('href'), `${space}/sign-in`, 'where the other leads')
          equal(await page.getByRole('link', { name: 'Sign up with Passport – Kiln South' }).count(), 1, 'accessible name')
          const colour = await link(page).evaluate((element) => getComputedStyle(element).backgroundColor)
          truthy(colour !== 'rgba(0, 0, 0, 0)', 'the style was refused')
          await seen(page, label)
          equal(calls.map((call) => new URL(call.url()).pathname), ['/passport-button.js'], 'calls to the space')
          equal(await page.context().cookies(space), [], 'cookies of the space')
          equal(faults, [], 'faults')
        })
        await report.check(`the button, ${label}: by keyboard to the space`, async () => {
          await page.keyboard.press('Tab')
          equal(await page.evaluate('document.activeElement.localName'), 'passport-button', 'focus')
          await page.keyboard.press('Enter')
          await page.waitForURL(`${space}/join`)
          equal(await page.evaluate('document.referrer'), '', 'referrer')
        })
      } finally {
        await close()
      }
    }
    const { page, faults, close } = await openPage(browser)
    try {
      await report.check('attributes with markup and the script twice: one button, nothing of it is run', async () => {
        page.on('dialog', (dialog) => { faults.push('a script ran'); dialog.dismiss() })
        await page.goto(`${shop.at}/hostile`)
        await link(page).waitFor()
        equal(await page.locator('passport-button a').count(), 1, 'buttons')
        equal(await page.locator('passport-button img, passport-button script').count(), 0, 'elements of others')
        equal(await link(page).innerText(), 'Sign up with Passport', 'words')
        equal(await accessibilityFaults(page).then((found) => found.filter((fault) => !fault.startsWith('valid-lang'))), [], 'accessibility faults')
        equal(faults, [], 'faults')
      })
      await report.check('an element of that name that was there before stays as it was', async () => {
        await page.goto(`${shop.at}/taken`)
        await page.waitForTimeout(300)
        equal(await page.locator('passport-button').innerText(), 'mine', 'the element')
        equal(faults, [], 'faults')
      })
      await report.check('the page behind it stands in no frame of another site', async () => {
        await page.goto(`${shop.at}/framed`)
        await page.waitForTimeout(500)
        const frame = page.frames().find((one) => one !== page.mainFrame())
        // What stands there is the browser's own page that says so.
        equal(await frame.locator('.qr, a[href^="openid4vp:"]').count(), 0, 'what could be pressed in the frame')
        // The space makes no request for what a frame loads, and its page would stand in none.
        truthy(faults.some((fault) => /403|frame/.test(fault)), `it was not refused: ${faults}`)
        faults.length = 0
      })
      await report.check('without scripts there is the plain link that the site wrote', async () => {
        const bare = await openPage(browser, { javaScriptEnabled: false })
        await bare.page.goto(`${shop.at}/bare`)
        await bare.page.getByRole('link', { name: 'Sign up' }).click()
        await bare.page.waitForURL(`${space}/join`)
        await bare.close()
      })
      await report.check('online sign-up off: the button to sign up is gone, that to sign in is not', async () => {
        await answerOf([binary, 'verifier', 'online', 'kiln-south', 'off', '--data', data])
        try {
          const fresh = await openPage(browser)
          await fresh.page.goto(shop.at)
          await link(fresh.page, 1).waitFor()
          equal(await link(fresh.page).isVisible(), false, 'the button to sign up')
          equal(await fresh.page.getByRole('link').count(), 1, 'links')
          await fresh.close()
        } finally {
          await answerOf([binary, 'verifier', 'online', 'kiln-south', 'on', '--data', data])
        }
      })
      await report.check('its weight', async () => {
        const script = await (await page.goto(`${space}/passport-button.js`)).text()
        console.log(`  passport-button.js: ${script.length} bytes`)
        truthy(script.length < 4096, `${script.length} bytes`)
      })
    } finally {
      await close()
    }
  } finally {
    shop.close()
  }
}
