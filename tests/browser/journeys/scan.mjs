// *Scan*: the camera, a picture, a tag and a paste, what is refused, and what is said where there is no camera.
import { findChromium, launch, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { codeOn, wallWith, writeFilm } from '../lib/film.mjs'
import { serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember } from '../lib/member.mjs'
import { foreignCode } from '../lib/foreign-code.mjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const title = 'Scanning with a wallet'

export async function run({ report, network, browser }) {
  const space = `http://kiln-north.localhost:${network.port}`
  const film = join(network.dir, 'scanning.y4m')
  const { store, terminal } = await makeMember(network, 'scanning')
  await terminal('accept-offer', (await network.offer()).offer)
  const wallet = await serveWallet(store)
  const camera = await launch(findChromium(), ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`])
  const screen = await openPage(browser)
  const places = []
  // A browser in which the wallet is open. It tells how often a camera was let go.
  const opened = async (of, context, { allowed = true, before } = {}) => {
    const place = await openPage(of, context)
    places.push(place)
    const { page } = place
    place.released = 0
    await page.exposeFunction('released', () => { place.released += 1 })
    await page.addInitScript(() => {
      const { stop } = MediaStreamTrack.prototype
      MediaStreamTrack.prototype.stop = function () {
        window.released()
        return stop.call(this)
      }
    })
    if (before) await page.addInitScript(before)
    if (allowed) await page.context().grantPermissions(['camera'], { origin: wallet.url })
    await page.goto(wallet.url)
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${wallet.url}/`)
    return place
  }
  const seen = lookingAs('scan')
  const said = (page) => page.locator('[data-scan] [data-said]')
  const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement)
  try {
    await screen.page.goto(`${space}/join`)
    const code = await codeOn(screen.page)
    const link = await screen.page.locator('#join-link').inputValue()
    const picture = { name: 'code.png', mimeType: 'image/png', buffer: await screen.page.locator('svg.qr').first().screenshot() }

    await report.check('the camera reads what a space asks, and lets go', async () => {
      writeFilm(film, await wallWith(screen.page, code))
      const hand = await opened(camera, phone)
      const { page } = hand
      const fetched = []
      const client = await page.context().newCDPSession(page)
      await client.send('Network.enable')
      const names = new Map()
      client.on('Network.responseReceived', ({ requestId, response }) => names.set(requestId, new URL(response.url).pathname))
      client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (names.get(requestId)?.startsWith('/decoder/')) fetched.push(encodedDataLength)
      })
      await page.reload()
      equal(fetched, [], 'bytes of the decoder before it is needed')
      await page.getByRole('link', { name: 'Scan' }).last().click()
      await page.waitForURL(/\/asked\//)
      await page.getByRole('heading', { name: /Kiln North/ }).first().waitFor()
      truthy(hand.released >= 1, 'the camera is on still')
      await seen(page, 'what was scanned')
      equal(fetched.length, 3, 'files of the decoder')
      console.log(`#   the decoder of Scan: ${fetched.reduce((sum, one) => sum + one, 0)} bytes on the wire, on this page alone`)
    })
    await report.check('a code that is for something else is told by what it is, and the focus is there', async () => {
      writeFilm(film, await wallWith(screen.page, foreignCode))
      const { page, faults } = await opened(camera, phone)
      await page.goto(`${wallet.url}/scan`)
      await page.locator('.summary').waitFor()
      truthy((await page.locator('.summary').innerText()).includes('it begins with “tel:”'), 'no sentence')
      truthy(await hasFocus(page.locator('.summary')), 'the focus is not at the sentence')
      await seen(page, 'a foreign code')
      // The 422 of that page is what a browser's console tells.
      faults.splice(0)
    })
    await report.check('where nothing is found it says how, and the camera goes out by its button', async () => {
      writeFilm(film, await wallWith(screen.page))
      const hand = await opened(camera, { viewport: { width: 1280, height: 800 } })
      const { page } = hand
      await page.goto(`${wallet.url}/scan`)
      await said(page).getByText('Hold a QR code in front of the camera.').waitFor()
      await seen(page, 'looking')
      await said(page).getByText('Nothing found yet').waitFor({ timeout: 20000 })
      await page.getByRole('button', { name: 'Stop the camera' }).focus()
      await page.keyboard.press('Enter')
      await said(page).getByText('The camera is off.').waitFor()
      equal(await page.locator('video').evaluate((video) => video.srcObject), null, 'what is looked at')
      truthy(await hasFocus(page.getByRole('button', { name: 'Start the camera' })), 'the focus is lost')
      await page.keyboard.press('Enter')
      await said(page).getByText('Hold a QR code in front of the camera.').waitFor()
      const before = hand.released
      // As when the page is left: then nobody is there any more to ask.
      await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')))
      equal(await page.locator('video').evaluate((video) => video.srcObject), null, 'what is looked at')
      truthy(hand.released > before, 'the camera is on still')
    })
    await report.check('a picture is read in the browser, and never sent', async () => {
      const { page, faults } = await opened(browser, phone, { allowed: false })
      await page.goto(`${wallet.url}/scan`)
      const sent = []
      page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.postData() ?? '') })
      writeFileSync(join(network.dir, 'no-picture.png'), 'canary of a file')
      await page.locator('#picture').setInputFiles(join(network.dir, 'no-picture.png'))
      await said(page).getByText('This file is no picture').waitFor()
      await page.locator('#picture').setInputFiles({ name: 'wall.png', mimeType: 'image/png', buffer: await page.locator('h1').screenshot() })
      await said(page).getByText('No QR code can be read').waitFor({ timeout: 20000 })
      await seen(page, 'a picture without a code')
      equal(sent, [], 'sent')
      await page.locator('#picture').setInputFiles(picture)
      await page.waitForURL(/\/asked\//)
      equal(sent.length, 1, 'sent')
      equal(new URLSearchParams(sent[0]).get('link'), link, 'what was read')
      truthy(sent[0].length < 2000, 'more than the link was sent')
      equal(faults, [], 'faults')
    })
    await report.check('without a camera, or where it is refused or in use, each is said with what to do', async () => {
      const states = [
        [await opened(browser, phone, { allowed: false, before: () => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError')) } }), 'There is no camera'],
        [await opened(camera, phone, { allowed: false }), 'This page may not use the camera.'],
        [await opened(camera, phone, { before: () => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError')) } }), 'The camera is in use elsewhere.'],
      ]
      for (const [{ page }, sentence] of states) {
        await page.goto(`${wallet.url}/scan`)
        await said(page).getByText(sentence).waitFor()
        await seen(page, sentence)
      }
    })
    // No tag and no reader is there: what stands for `NDEFReader` gives the page what a phone would give it.
    await report.check('a tag is read where the browser can, and its link alone', async () => {
      const { page, faults } = await opened(browser, phone, {
        allowed: false,
        before: () => {
          window.NDEFReader = class extends EventTarget {
            async scan() { window.tag = (records) => this.dispatchEvent(Object.assign(new Event('reading'), { message: { records } })) }
          }
        },
      })
      await page.goto(`${wallet.url}/scan`)
      await page.getByRole('button', { name: 'Read a tag' }).click()
      await said(page).getByText('Hold your phone to the tag.').waitFor()
      await page.evaluate(() => window.tag([{ recordType: 'text', data: new TextEncoder().encode('hello') }]))
      await said(page).getByText('There is no link on this tag.').waitFor()
      await page.evaluate((link) => window.tag([{ recordType: 'url', data: new TextEncoder().encode(link) }]), `${space}/join`)
      await page.getByText(`This is the address of a page at kiln-north.localhost.`).waitFor()
      equal(await page.getByRole('link', { name: 'Go on to kiln-north.localhost' }).getAttribute('href'), `${space}/join`, 'where it leads')
      await seen(page, 'a page')
      // From the tag at the door to the question: the page of the space, and its button.
      await page.getByRole('link', { name: 'Go on to kiln-north.localhost' }).click()
      const led = await page.locator('.actions a').first().getAttribute('href')
      await page.goto(addressAt(wallet, led))
      await page.getByRole('heading', { name: 'Kiln North asks you' }).waitFor()
      equal(faults, [], 'faults')
    })
    await report.check('where the phone reads no tags for this page, it is said what to do instead', async () => {
      const { page, faults } = await opened(browser, phone, {
        allowed: false,
        before: () => {
          window.NDEFReader = class extends EventTarget {
            scan() { return Promise.reject(new DOMException('', 'NotAllowedError')) }
          }
        },
      })
      await page.goto(`${wallet.url}/scan`)
      await page.getByRole('button', { name: 'Read a tag' }).click()
      await said(page).getByText('This page may not read tags').waitFor()
      await seen(page, 'tags are refused')
      equal(faults, [], 'faults')
    })
    await report.check('without a network, what was read waits in the form', async () => {
      const { page, faults } = await opened(browser, phone, { allowed: false })
      await page.goto(`${wallet.url}/scan`)
      // What is said of the camera comes when it comes, and last if it comes later.
      await said(page).getByText('There is no camera').waitFor()
      await page.context().setOffline(true)
      await said(page).getByText('No network at the moment.').waitFor()
      await page.context().setOffline(false)
      await said(page).getByText('The camera is off.').waitFor()
      // The browser itself says so of what was open to the wallet.
      equal(faults.splice(0).filter((fault) => !fault.includes('net::ERR_INTERNET_DISCONNECTED')), [], 'faults')
    })
    await report.check('by keyboard alone a link is pasted; without scripts, too', async () => {
      const { page, faults } = await opened(browser, { viewport: { width: 1280, height: 800 }, locale: 'es' }, { allowed: false })
      await page.goto(`${wallet.url}/scan`)
      await seen(page, 'in Spanish')
      for (let presses = 0; presses < 20 && !(await hasFocus(page.locator('#link'))); presses += 1) await page.keyboard.press('Tab')
      await page.keyboard.insertText('http://kiln.example/join')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.locator('.summary').getByText('kiln.example sin cifrar').waitFor()
      truthy(await hasFocus(page.locator('.summary')), 'the focus is not at the sentence')
      faults.splice(0)
      const plain = await openPage(browser, { ...phone, javaScriptEnabled: false })
      places.push(plain)
      await plain.page.goto(`${wallet.url}/scan`)
      await plain.page.locator('#passphrase').fill(walletPassphrase)
      await plain.page.keyboard.press('Enter')
      await plain.page.waitForURL(`${wallet.url}/scan`)
      equal(await plain.page.locator('[data-scan]').isVisible(), false, 'a camera without scripts')
      await plain.page.locator('#link').fill(link)
      await plain.page.getByRole('button', { name: 'Open it' }).click()
      await plain.page.waitForURL(/\/asked\//)
    })
    await report.check('no page broke a rule or called another host', async () => equal(places.flatMap(({ faults }) => faults), [], 'faults'))
  } finally {
    for (const place of places) await place.close()
    await screen.close()
    await camera.close()
    await wallet.stop()
  }
}
