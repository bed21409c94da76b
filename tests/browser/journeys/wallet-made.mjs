// A member makes the wallet of their own machine in the browser: with a passkey, without one, and where a passkey does not help.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt } from '../lib/member.mjs'
import { join } from 'node:path'

export const title = 'A wallet that is made in the browser'

export async function run({ report, network, browser }) {
  const descriptor = `http://operator.localhost:${network.port}/network.json`
  const mails = `http://mail.localhost:${network.port}/`
  const address = 'made.here@example.org'
  const served = []
  const places = []
  const seen = lookingAs('wallet-made')
  // Pages for a folder without a wallet, and a browser at them.
  const begun = async (name, context, script) => {
    const wallet = await serveWallet(join(network.dir, `${name}.store`), { bend: ['--network', descriptor] })
    const place = await openPage(browser, context)
    if (script) await place.page.addInitScript(script)
    served.push(wallet)
    places.push(place)
    return { wallet, ...place }
  }
  try {
    const { wallet, page, faults } = await begun('made', phone)
    await authenticator(page, true)
    const count = { taps: 0, fields: 0 }
    const tap = async (locator) => {
      count.taps += 1
      await locator.click()
    }
    const type = async (locator, text) => {
      count.fields += 1
      await locator.fill(text)
    }
    const atTheWallet = (link) => addressAt(wallet, link)

    await report.check('before there is a wallet, its address says where to make it', async () => {
      await page.goto(wallet.url)
      await page.getByRole('heading', { name: 'There is no wallet here yet' }).waitFor()
      await seen(page, 'no wallet yet')
    })
    await report.check('a wallet is made with one touch, and belongs to the network', async () => {
      await page.goto(wallet.make)
      await page.getByText('It belongs to this network: Demo network.').waitFor()
      await seen(page, 'making')
      await type(page.locator('#email'), address)
      await tap(page.locator('#by-passkey'))
      await page.waitForURL(`${wallet.url}/`)
      truthy((await page.locator('h1').innerText()).includes('My network passport'), 'no home')
      truthy(!page.url().includes('code='), 'the link stays in the address')
      await page.goto(wallet.make)
      await page.waitForURL(`${wallet.url}/`)
    })
    await report.check('from there to a passport by the words and links of the pages: at most five taps and two fields', async () => {
      // The link in which the space offers its membership; the touch that opens it is the space's.
      const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', network.data])
      await page.getByRole('heading', { name: 'No number yet' }).waitFor()
      await page.getByText('Take what your space offers you first').waitFor()
      await seen(page, 'home without a number')
      await page.goto(atTheWallet(offer))
      await page.getByRole('button', { name: 'Take it' }).waitFor()
      await seen(page, 'a membership, and then a passport')
      equal(await page.locator('#passport').isChecked(), true, 'goes on')
      await tap(page.getByRole('button', { name: 'Take it' }))
      await page.getByRole('heading', { name: 'asks you' }).waitFor()
      await seen(page, 'the office asks')
      await tap(page.locator('[data-share][data-ready]'))
      await page.getByText('has what you shared').waitFor()
      await page.getByText('They wait for your e-mail address').waitFor()
      await seen(page, 'the mail is waited for')
      const asked = page.url()
      // Home says what is waited for; it is left open, and shows the number by itself.
      const home = await page.context().newPage()
      await home.goto(wallet.url)
      await home.getByText('You asked Passport office for your passport').waitFor()
      await seen(home, 'home while the mail is waited for')
      const letter = page.locator('.card', { hasText: address }).locator('a').first()
      for (let tries = 0; tries < 100; tries += 1) {
        await page.goto(mails)
        if (await letter.count()) break
        await page.waitForTimeout(100)
      }
      // Its page asks for one more tap, so that no scanner of mails confirms.
      await tap(letter)
      await tap(page.locator('button'))
      truthy((await page.locator('h1').innerText()).includes('confirmed'), 'not confirmed')
      await page.goto(asked)
      await page.getByText('a network passport').first().waitFor({ timeout: 60000 })
      await seen(page, 'a passport has come')
      await home.locator('.digits').waitFor()
      truthy(/^\w{4}-\w{4}-\w{5}$/.test(await home.locator('.digits').innerText()), 'no number')
      await home.close()
      console.log(`     from nothing to a passport: ${count.taps} taps and ${count.fields} field(s)`)
      truthy(count.taps <= 5 && count.fields <= 2, `${count.taps} taps, ${count.fields} fields`)
    })
    await report.check('the recovery code is asked for then, shown once, and goes when it was typed from the paper', async () => {
      await page.goto(wallet.url)
      await page.getByRole('link', { name: 'Write down your recovery code' }).click()
      await seen(page, 'before the code')
      await page.getByRole('button', { name: 'Show the code' }).click()
      const code = await page.locator('#recovery-code').innerText()
      truthy(/^(\w{4}-){7}\w{4}$/.test(code), code)
      await page.getByRole('button', { name: 'Print' }).waitFor()
      equal(page.url(), `${wallet.url}/recovery`, 'address')
      await seen(page, 'the code')
      await page.goto(`${wallet.url}/recovery`)
      await page.getByRole('button', { name: 'Show the code' }).click()
      await page.getByRole('link', { name: 'Open it once more' }).waitFor()
      await seen(page, 'shown already')
      await page.getByRole('link', { name: 'Open it once more' }).click()
      await page.getByText('How your wallet opens is changed by whoever has just opened it').waitFor()
      await seen(page, 'opened once more')
      await page.waitForTimeout(1000)
      await page.locator('#by-passkey').click()
      await page.waitForURL(`${wallet.url}/recovery`)
      await page.getByRole('button', { name: 'Show the code' }).click()
      equal(await page.locator('#recovery-code').innerText(), code, 'the code')
      await page.locator('#code').fill(code.toLowerCase())
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.getByText('It was right when you tried it').waitFor()
      equal(await page.getByRole('link', { name: 'Write down your recovery code' }).count(), 0, 'still shown')
      await seen(page, 'ways in')
      // The 409 of the second look is what a browser's console tells.
      faults.splice(0)
    })

    const bare = await begun('no-prf', { viewport: { width: 1280, height: 800 }, locale: 'es' })
    await report.check('a passkey that cannot open a wallet is not kept, and a passphrase makes it', async () => {
      const device = await authenticator(bare.page, false)
      await bare.page.goto(bare.wallet.make)
      await bare.page.locator('#by-passkey').click()
      await bare.page.getByText('La llave de acceso de este dispositivo no puede abrir una cartera').waitFor()
      equal(await device.passkeys(), 0, 'passkeys that were left')
      await bare.page.locator('#passphrase').waitFor()
      await seen(bare.page, 'no PRF')
      await bare.page.locator('#passphrase').fill('corto')
      await bare.page.getByRole('button', { name: 'Crearla con esta frase' }).click()
      equal(await bare.page.locator('#passphrase:invalid').count(), 1, 'too short')
      await bare.page.getByRole('button', { name: 'Mostrar' }).click()
      equal(await bare.page.locator('#passphrase').getAttribute('type'), 'text', 'shown')
      await bare.page.locator('#passphrase').fill(walletPassphrase)
      await bare.page.getByRole('button', { name: 'Crearla con esta frase' }).click()
      await bare.page.waitForURL(`${bare.wallet.url}/`)
    })

    const none = await begun('no-passkeys', phone, () => {
      delete window.PublicKeyCredential
    })
    await report.check('a browser without passkeys says so at once and leads to a passphrase', async () => {
      await none.page.goto(none.wallet.make)
      await none.page.getByText('This browser has no passkeys that open a wallet').waitFor()
      equal(await none.page.locator('#by-passkey').isVisible(), false, 'the passkey is offered')
      await seen(none.page, 'no passkeys')
      await none.page.locator('#passphrase').fill(walletPassphrase)
      await none.page.keyboard.press('Enter')
      await none.page.waitForURL(`${none.wallet.url}/`)
      await none.page.goto(none.wallet.make)
      await none.page.waitForURL(`${none.wallet.url}/`)
    })
    await report.check('no page broke a rule or called another host', async () => equal(places.flatMap((place) => place.faults), [], 'faults'))
  } finally {
    for (const place of places) await place.close()
    for (const wallet of served) await wallet.stop()
  }
}
