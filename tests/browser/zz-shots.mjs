import { accessibilityFaults, findChromium, launch, openPage, phone, sidewaysScroll } from './lib/browser.mjs'
const at = 'http://kiln-north.localhost:8097'
const out = '/tmp/vw-shots/'
const browser = await launch(findChromium())
for (const [label, context] of [['phone', phone], ['desk', { viewport: { width: 1280, height: 800 } }], ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'es' }]]) {
  const { page, faults, close } = await openPage(browser, context)
  const shot = async (name) => {
    await page.screenshot({ path: `${out}${label}-${name}.png`, fullPage: true })
    const a = await accessibilityFaults(page)
    console.log(label, name, 'axe', JSON.stringify(a), 'sideways', await sidewaysScroll(page), JSON.stringify(faults.splice(0)))
  }
  await page.goto(at + '/'); await shot('home')
  await page.goto(at + '/privacy'); await shot('privacy')
  await page.goto(at + '/join'); await shot('join')
  const qr = await page.locator('#join-link').inputValue()
  const other = await openPage(browser, phone)
  await other.page.goto(at + '/try?link=' + encodeURIComponent(qr))
  await other.page.screenshot({ path: `${out}${label}-digits.png`, fullPage: true })
  console.log('digits axe', JSON.stringify(await accessibilityFaults(other.page)), other.page.url())
  const digits = await other.page.locator('.digits').innerText()
  await page.waitForURL('**/join/answer'); await shot('code')
  await page.fill('#code', '000000'); await page.click('button[type=submit]'); await shot('code-wrong')
  await page.fill('#code', digits.replace(/\s/g, '')); await page.click('button[type=submit]')
  await page.waitForURL('**/join/answer'); await shot('joined')
  await page.click('summary'); await shot('joined-offer')
  await other.page.reload(); await other.page.screenshot({ path: `${out}${label}-digits-over.png`, fullPage: true })
  // same device, answered by another browser
  await page.goto(at + '/join')
  const here = await page.locator('a[href^="openid4vp"]').getAttribute('href')
  await other.page.goto(at + '/try?link=' + encodeURIComponent(here)); await other.page.screenshot({ path: `${out}${label}-other-browser.png`, fullPage: true })
  console.log('other axe', JSON.stringify(await accessibilityFaults(other.page)))
  await page.goto(at + '/join?again=1')
  const no = await page.locator('a[href^="openid4vp"]').getAttribute('href')
  await other.page.goto(at + '/try-no?link=' + encodeURIComponent(no))
  await page.waitForURL('**/join/answer'); await shot('not-shared')
  await other.close(); await close()
}
await browser.close()
