// The browser of the tests: Debian's Chromium, nothing downloaded, every page watched.
import { chromium } from 'playwright-core'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const names = ['chromium', 'chromium-browser', 'google-chrome']

export function findChromium() {
  if (process.env.PASSPORT_CHROMIUM) return process.env.PASSPORT_CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

export const launch = (executablePath, more = []) =>
  chromium.launch({
    executablePath,
    args: [
      ...more,
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  })

export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

// A page that remembers what a visitor never sees: script errors, refused content, calls to other hosts.
// Other hosts are all but those of `zone`.
export async function openPage(browser, context = {}, zone = 'localhost') {
  const place = await browser.newContext(context)
  const page = await place.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (/^https?:$/.test(protocol) && !hostname.endsWith(`.${zone}`)) faults.push(`a call to ${hostname}`)
  })
  return { page, faults, close: () => place.close() }
}

// A virtual authenticator in the place of the device's own, with or without the extension that opens a wallet (PRF).
export async function authenticator(page, hasPrf) {
  const client = await page.context().newCDPSession(page)
  await client.send('WebAuthn.enable')
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, hasPrf }
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', { options })
  return {
    remove: () => client.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
    passkeys: async () => (await client.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  }
}

// The accessibility rules of WCAG 2.2 AA that a program can check; colour contrast included.
export async function accessibilityFaults(page) {
  // Through the debugger and not as a <script>: the page's own policy forbids that, as it should.
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`)
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).slice(0, 3).join(', ')}`)
}

export const sidewaysScroll = (page) => page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

// Looks at a page as each journey does at each state: no rule of accessibility is broken, nothing leads sideways. With
// PASSPORT_SCREENS, a folder, a picture of it is kept there, by the name of the journey and of the state.
export const lookingAs = (journey) => async (page, what) => {
  const { width } = page.viewportSize()
  const named = [journey, ...what.split(/\W+/), ...(width > 600 ? ['desk'] : [])].filter(Boolean).join('-')
  if (process.env.PASSPORT_SCREENS) await page.screenshot({ path: join(process.env.PASSPORT_SCREENS, `${named}.png`), fullPage: true })
  const faults = [...(await accessibilityFaults(page)), ...((await sidewaysScroll(page)) ? ['it leads sideways'] : [])]
  if (faults.length > 0) throw new Error(`${what}: ${faults.join('; ')}`)
}
