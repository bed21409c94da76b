// A member says who they are, in two sets, with a picture, and chooses a set where a space asks.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'

export const title = 'Own details, in sets and with a picture'

// A photograph as a phone makes it: it lies on its side, and says so, and where it was taken.
function photograph(bare) {
  const [intel, entry] = [[0x49, 0x49, 0x2a, 0, 8, 0, 0, 0], (tag, type, value) => [tag & 255, tag >> 8, type, 0, 1, 0, 0, 0, value, 0, 0, 0]]
  const tiff = [...intel, 1, 0, ...entry(0x0112, 3, 6), 0, 0, 0, 0]
  const note = [...Buffer.from('CANARY-taken-at-home')]
  const content = [...Buffer.from('Exif\0\0'), ...tiff, ...note]
  const length = content.length + 2
  return Buffer.from([...bare.subarray(0, 2), 0xff, 0xe1, length >> 8, length & 255, ...content, ...bare.subarray(2)])
}

// 400 by 200 pixels: the left half red, the right half blue. Turned as the photograph says, red is above.
const drawn = (page) =>
  page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 200 })
    const context = canvas.getContext('2d')
    context.fillStyle = '#c00'
    context.fillRect(0, 0, 200, 200)
    context.fillStyle = '#00c'
    context.fillRect(200, 0, 200, 200)
    const file = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.9))
    return [...new Uint8Array(await file.arrayBuffer())]
  })

// The colour of a picture on the page, at a place in hundredths.
const colour = (page, selector, across, down) =>
  page.locator(selector).evaluate(async (image, [across, down]) => {
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.naturalWidth, height: image.naturalHeight })
    const context = canvas.getContext('2d')
    context.drawImage(image, 0, 0)
    const [red, , blue] = context.getImageData((canvas.width * across) / 100, (canvas.height * down) / 100, 1, 1).data
    return { edge: canvas.width, is: red > blue ? 'red' : 'blue' }
  }, [across, down])

export async function run({ report, network, browser }) {
  const { store, terminal } = await makeMember(network, 'details')
  await terminal('accept-offer', (await network.offer()).offer)
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const { page } = hand
  const seen = lookingAs('details')
  const open = (page, path) => unlock(page, wallet, path)
  try {
    await report.check('what is typed is kept, by keyboard alone', async () => {
      await open(page, '/details')
      await seen(page, 'empty')
      await page.locator('#given_name').fill('Ada')
      await page.locator('#company').fill('Bakery')
      await page.locator('#skills').fill('bread, felt')
      await page.locator('#address-locality').fill('Bilbao')
      await page.locator('#website').fill('ada.example')
      await page.locator('#website').press('Enter')
      await page.getByText('Saved.').waitFor()
      equal(await page.locator('#website').inputValue(), 'https://ada.example', 'address')
      equal(await page.locator('#skills').inputValue(), 'bread, felt', 'skills')
      await seen(page, 'saved')
    })
    await report.check('what no space would take is told at its field, which has the focus a link away', async () => {
      await page.locator('#phone_number').fill('030 123456')
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.locator('.summary').waitFor()
      equal(await page.locator('#phone_number').getAttribute('aria-invalid'), 'true', 'marked')
      await seen(page, 'a number that is none')
      await page.locator('.summary a').click()
      truthy(await page.locator('#phone_number').evaluate((field) => field === document.activeElement), 'no focus')
      hand.faults.splice(0)
      await page.goto(`${wallet.url}/details`)
    })
    await report.check('a second set has the same name and another company', async () => {
      await page.locator('#set-name').fill('Freelance')
      await page.locator('#set-name').press('Enter')
      await page.locator('nav strong', { hasText: 'Freelance' }).waitFor()
      equal(await page.locator('#given_name').inputValue(), 'Ada', 'name')
      equal(await page.locator('#company').inputValue(), '', 'company')
      truthy(await page.locator('#every-given_name').isChecked(), 'not the same everywhere')
      truthy(!(await page.locator('#every-company').isChecked()), 'the same everywhere')
      await page.locator('#company').fill('Own Ltd')
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.getByText('Saved.').waitFor()
      await seen(page, 'a second set')
      await page.getByRole('link', { name: 'Employed' }).click()
      await page.locator('nav strong', { hasText: 'Employed' }).waitFor()
      equal(await page.locator('#company').inputValue(), 'Bakery', 'company of the first')
    })
    await report.check('a photograph is turned as it says, cropped by keys, and nothing of where it was taken is kept', async () => {
      await page.getByRole('link', { name: 'Add a picture' }).click()
      await page.locator('#file').waitFor()
      await seen(page, 'no picture')
      const file = photograph(Buffer.from(await drawn(page)))
      truthy(file.includes('CANARY'), 'no canary')
      await page.locator('#file').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: file })
      await page.locator('[data-cropping]:not([hidden])').waitFor()
      truthy(await page.locator('#crop-title').evaluate((heading) => heading === document.activeElement), 'no focus')
      // In the middle both are seen, one above the other.
      await page.locator('[data-preview][src]').waitFor()
      const middle = [await colour(page, '[data-preview]', 50, 10), await colour(page, '[data-preview]', 50, 90)]
      equal(middle, [{ edge: 256, is: 'red' }, { edge: 256, is: 'blue' }], 'colours, turned')
      await seen(page, 'cropping')
      // All the way down, by keys alone.
      const before = await page.locator('[data-preview]').getAttribute('src')
      await page.locator('#down').focus()
      await page.keyboard.press('End')
      await page.waitForFunction((before) => document.querySelector('[data-preview]').src !== before, before)
      equal((await colour(page, '[data-preview]', 50, 10)).is, 'blue', 'below')
      await page.getByRole('button', { name: 'Use this picture' }).press('Enter')
      await page.getByText('Change the picture').waitFor()
      const kept = await page.locator('.portrait').getAttribute('src')
      const bytes = Buffer.from(kept.split(',')[1], 'base64')
      truthy(bytes.length <= 40 * 1024 && !bytes.includes('CANARY') && !bytes.includes('Exif'), 'something went along')
      await seen(page, 'with a picture')
    })
    await report.check('a picture is moved by hand too, and kept at once as it was last seen', async () => {
      await page.goto(`${wallet.url}/details/picture`)
      await page.locator('#file').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: photograph(Buffer.from(await drawn(page))) })
      await page.locator('[data-preview][src]').waitFor()
      await page.locator('canvas').scrollIntoViewIfNeeded()
      const at = await page.locator('canvas').boundingBox()
      await page.mouse.move(at.x + at.width / 2, at.y + at.height * 0.2)
      await page.mouse.down()
      await page.mouse.move(at.x + at.width / 2, at.y + at.height * 0.9, { steps: 4 })
      await page.mouse.up()
      equal(await page.locator('#down').inputValue(), '0', 'not moved')
      // Before the browser has drawn what the last move shows.
      await page.getByRole('button', { name: 'Use this picture' }).click()
      await page.getByText('Change the picture').waitFor()
      equal((await colour(page, '.portrait', 50, 90)).is, 'red', 'above')
    })
    await report.check('what is no picture is told, and nothing is kept of it', async () => {
      await page.goto(`${wallet.url}/details/picture`)
      await page.locator('#file').setInputFiles({ name: 'me.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') })
      await page.getByText('This is no picture that your browser can read').waitFor()
      truthy(!(await page.locator('[data-cropping]').isVisible()), 'it can be cropped')
      await seen(page, 'no picture at all')
    })
    await report.check('where a space asks, the set is chosen, by keyboard, and its values are shown', async () => {
      await page.goto(`${wallet.url}/details`)
      await page.locator('#bio').fill('I bake')
      await page.locator('#every-bio').uncheck()
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.getByText('Saved.').waitFor()
      await page.getByRole('link', { name: 'Freelance' }).click()
      await page.locator('nav strong', { hasText: 'Freelance' }).waitFor()
      await page.locator('#bio').fill('I make pots')
      await page.getByRole('button', { name: 'Save' }).first().click()
      await page.getByText('Saved.').waitFor()
      await page.goto(`http://kiln-north.localhost:${network.port}/join`)
      const link = await page.locator('.actions a').first().getAttribute('href')
      await page.goto(addressAt(wallet, link))
      const set = page.locator('#as')
      await set.waitFor()
      truthy((await page.locator('main').innerText()).includes('I bake'), 'not the first set')
      await seen(page, 'a question as employed')
      await set.focus()
      await page.keyboard.press('ArrowDown')
      await page.getByText('I make pots').waitFor()
      truthy(!(await page.locator('main').innerText()).includes('I bake'), 'the other set is there still')
      truthy(await set.evaluate((field) => field === document.activeElement), 'the focus went')
      await seen(page, 'a question as freelance')
      await page.getByRole('button', { name: 'Not now' }).click()
      await page.getByText('Nothing was sent.').waitFor()
    })
    await report.check('in Spanish and in the dark, at a desk', async () => {
      await open(desk.page, '/details')
      await seen(desk.page, 'in Spanish')
      await desk.page.goto(`${wallet.url}/details/picture`)
      await seen(desk.page, 'picture in Spanish')
    })
    await report.check('a set is taken away after a tick', async () => {
      await page.goto(`${wallet.url}/details`)
      await page.getByRole('link', { name: 'Freelance' }).click()
      await page.locator('nav strong', { hasText: 'Freelance' }).waitFor()
      await page.locator('summary', { hasText: 'Take this set away' }).click()
      await page.locator('#set-sure').check()
      await seen(page, 'taking a set away')
      await page.getByRole('button', { name: 'Take this set away' }).click()
      await page.locator('#set-first').waitFor()
      equal(await page.locator('#company').inputValue(), 'Bakery', 'company')
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
