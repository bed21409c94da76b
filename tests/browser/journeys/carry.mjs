// A member carries their wallet to another host and closes it later; and tries out what happens when the phone is gone.
import { accessibilityFaults, authenticator, openPage, phone, sidewaysScroll } from '../lib/browser.mjs'
import { binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { firstPassport } from '../lib/first-passport.mjs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const title = 'Carrying a wallet away'

const FILE_WORDS = 'words for the file alone'
// A text that anybody could write, in the form of a key.
const reads = '{"kty":"EC","crv":"P-256","d":"none"}'

export async function run({ report, network, browser }) {
  const descriptor = `http://operator.localhost:${network.port}/network.json`
  const store = join(network.dir, 'carry.store')
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  const code = (await terminal('init')).match(/(?:\w{4}-){7}\w{4}/)[0]
  await terminal('network', descriptor)
  const anybody = await openPage(browser)
  await firstPassport({ network, terminal, page: anybody.page, address: 'carry.journey@example.org' })
  await anybody.close()
  await terminal('own', 'set', 'bio', 'Potter of the harbour')
  // What reads like a key and is none goes along as it is.
  await terminal('own', 'set', 'role', reads)
  await terminal('present', (await network.request({ space: 'kiln-north' })).link, '--preset', 'all')
  await terminal('collect')
  const did = (await terminal('did', 'show')).match(/did:webvh:\S+/)[0]
  const old = await serveWallet(store)
  const host = await serveWallet(join(network.dir, 'carry-host.store'), { bend: ['--host', '--network', descriptor] })
  const [before, after, desk] = [await openPage(browser, { ...phone, acceptDownloads: true }), await openPage(browser, phone), await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es' })]
  const seen = async (page, what) => {
    equal(await accessibilityFaults(page), [], `accessibility faults, ${what}`)
    equal(await sidewaysScroll(page), false, `sideways, ${what}`)
    if (process.env.PASSPORT_SCREENS) await page.screenshot({ path: join(process.env.PASSPORT_SCREENS, `${what.replaceAll(' ', '-')}.png`), fullPage: true })
  }
  const unlock = async (page, url, path = '/') => {
    await page.goto(`${url}${path}`)
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${url}${path}`)
  }
  const fromTheMenu = async (page, name) => {
    await page.locator('nav summary').click()
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
  }
  // The file as the browser saves it; typed twice, and with what it is for.
  const write = async (page, way) => {
    await page.getByLabel(way).check()
    await page.locator('#passphrase').fill(FILE_WORDS)
    await page.locator('#again').fill(FILE_WORDS)
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Write the file' }).click()
    return (await saved).path()
  }
  const files = {}
  let number
  try {
    await report.check('the drill: the phone is gone, and the code from the paper opens the wallet', async () => {
      const { page } = before
      await unlock(page, old.url)
      number = await page.locator('.digits').innerText()
      await fromTheMenu(page, 'If your phone is lost')
      await page.getByText('You have not tried it yet.').first().waitFor()
      await seen(page, 'phone lost')
      await page.getByLabel('The browser that knows my passphrase').check()
      await page.getByRole('button', { name: 'Lock it and open it another way' }).click()
      await page.getByRole('heading', { name: 'Open your wallet' }).waitFor()
      await page.getByText('You are trying out that a way to open it is gone.').waitFor()
      await seen(page, 'the drill, locked')
      await page.getByRole('link', { name: 'Open it with your recovery code' }).click()
      await page.locator('#code').fill('0000-0000')
      await page.keyboard.press('Enter')
      await page.locator('.summary').waitFor()
      before.faults.splice(0)
      await page.locator('#code').fill(code)
      await page.keyboard.press('Enter')
      // What came of it is told where it was begun; whoever opens it so in earnest is led to another way in.
      await page.waitForURL(`${old.url}/lost?trying=yes`)
      await desk.page.goto(`${old.url}/unlock/recovery`)
      await desk.page.locator('#code').fill(code)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${old.url}/ways`)
      await desk.page.goto(`${old.url}/lost`)
      await desk.page.getByText(/Hecho el \d{4}-\d\d-\d\d/).waitFor()
      await seen(desk.page, 'phone lost in Spanish')
      await page.goto(`${old.url}/lost`)
      await page.getByText(/Done on \d{4}-\d\d-\d\d: you opened it by Recovery code\./).waitFor()
      await page.getByRole('button', { name: 'Lock it everywhere but here' }).click()
      await page.getByText('It is locked everywhere but here.').waitFor()
      await seen(page, 'the others are locked')
      await desk.page.goto(`${old.url}/`)
      await desk.page.waitForURL(`${old.url}/unlock`)
    })
    await report.check('a file is kept, and the wallet goes on', async () => {
      const { page } = before
      await fromTheMenu(page, 'Carry it away')
      await seen(page, 'carry it away')
      await page.getByLabel('Keep it, in case this one is lost').check()
      await page.locator('#passphrase').fill(FILE_WORDS)
      await page.locator('#again').fill('other words here')
      await page.getByRole('button', { name: 'Write the file' }).click()
      await page.getByText('The two passphrases differ.').first().waitFor()
      await seen(page, 'two passphrases that differ')
      before.faults.splice(0)
      files.kept = await write(page, 'Keep it, in case this one is lost')
      await page.getByText('The file is saved.').waitFor()
      await page.goto(`${old.url}/history/export`)
      await seen(page, 'history export')
      await page.locator('#passphrase').fill(FILE_WORDS)
      await page.locator('#again').fill(FILE_WORDS)
      const saved = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Write the file' }).click()
      files.history = await (await saved).path()
    })
    await report.check('a file is written to move, nothing can be read in it, and the wallet rests', async () => {
      const { page } = before
      await page.goto(`${old.url}/export`)
      files.moved = await write(page, 'Move to another place')
      await page.waitForURL(`${old.url}/moved`)
      await seen(page, 'moved')
      for (const file of Object.values(files)) {
        const text = readFileSync(file, 'latin1')
        truthy(text.startsWith('passport-wallet-file 1\n'), 'no file of a wallet')
        for (const canary of ['Potter', 'Kiln', 'did:', number, code]) equal(text.includes(canary), false, `${canary} in a file`)
      }
      await page.goto(`${old.url}/scan`)
      equal(new URL(page.url()).pathname, '/moved', 'path')
      await page.goto(`${old.url}/spaces`)
      await page.getByText(/Your wallet was moved on \d{4}-\d\d-\d\d/).waitFor()
      await seen(page, 'spaces of a wallet that was moved')
    })
    await report.check('what is no whole wallet is not brought along, and why is told', async () => {
      const { page } = after
      await authenticator(page, true)
      await page.goto(host.url)
      await page.getByRole('link', { name: 'Bring a wallet along' }).click()
      await seen(page, 'bring a wallet along')
      await page.locator('#file').setInputFiles(files.history)
      await page.locator('#words').fill(FILE_WORDS)
      await page.getByRole('button', { name: /open it here with a passkey/ }).click()
      await page.getByText('This is the file of a history.').first().waitFor()
      await seen(page, 'a history is no wallet')
      await page.locator('#file').setInputFiles(files.moved)
      await page.locator('#words').fill('words of another file')
      await page.getByRole('button', { name: /open it here with a passkey/ }).click()
      await page.getByText('This does not open the file.').first().waitFor()
      // At a host the code has to open the keys, too.
      await page.locator('#words').fill(FILE_WORDS)
      await page.getByRole('button', { name: /open it here with a passkey/ }).click()
      await page.getByText('This file comes from a machine of your own').first().waitFor()
      await seen(page, 'a file of ones own machine')
      after.faults.splice(0)
    })
    await report.check('it is brought along with a passkey of the new place, and number, identifier and details are the same', async () => {
      const { page } = after
      await page.locator('#file').setInputFiles(files.moved)
      await page.locator('#words').fill(code)
      await page.getByRole('button', { name: /open it here with a passkey/ }).click()
      await page.waitForURL(`${host.url}/?brought`)
      await page.getByText('Close the one at the other place').waitFor()
      equal(await page.locator('.digits').innerText(), number, 'number')
      await seen(page, 'home at the new place')
      await page.goto(`${host.url}/details`)
      equal(await page.locator('#bio').inputValue(), 'Potter of the harbour', 'bio')
      equal(await page.locator('#role').inputValue(), reads, 'role')
      await page.goto(`${host.url}/spaces`)
      await page.getByRole('link', { name: 'Kiln North', exact: true }).waitFor()
      await page.goto(`${host.url}/history`)
      await page.getByRole('main').getByText('Kiln North').locator('visible=true').first().waitFor()
      await seen(page, 'history at the new place')
    })
    await report.check('brought along a second time, it is said that it is here, and nothing is taken in', async () => {
      const again = await openPage(browser, phone)
      try {
        const { page } = again
        await authenticator(page, true)
        await page.goto(`${host.url}/make/bring`)
        await page.locator('#file').setInputFiles(files.moved)
        await page.locator('#words').fill(code)
        await page.getByRole('button', { name: /open it here with a passkey/ }).click()
        await page.locator('.summary').getByText('This wallet is here already').waitFor()
        await seen(page, 'brought along a second time')
        await page.goto(`${host.url}/spaces`)
        equal(new URL(page.url()).pathname, '/unlock', 'it is open')
      } finally {
        await again.close()
      }
      await after.page.goto(`${host.url}/details`)
      equal(await after.page.locator('#bio').inputValue(), 'Potter of the harbour', 'bio')
      // A machine of one's own keeps one wallet.
      await before.page.goto(`${old.url}/make/bring`)
      await before.page.getByRole('heading', { name: 'A wallet is here already' }).waitFor()
      await seen(before.page, 'a wallet is here already')
      await before.page.getByRole('link', { name: 'To your wallet' }).click()
      await before.page.locator('nav summary').waitFor()
      before.faults.splice(0)
    })
    await report.check('a space is joined from the new place', async () => {
      const { page } = after
      const { link, request } = await network.request({ space: 'kiln-south' })
      await page.goto(`${host.url}/authorize?${(link ?? request).split('?').slice(1).join('?')}`)
      await page.locator('[data-share][data-ready]').click()
      await page.getByText('Kiln South has what you shared').first().waitFor()
    })
    await report.check('the old one is closed, and nothing of it is left there', async () => {
      const { page } = before
      await fromTheMenu(page, 'Close your wallet')
      await page.getByText('Your wallet goes on at the other place').waitFor()
      equal(await page.getByRole('link', { name: 'Kiln North' }).count(), 0, 'spaces to leave')
      await seen(page, 'close your wallet')
      await page.getByRole('button', { name: 'Close it for ever' }).click()
      await page.getByText('Tick that you know').first().waitFor()
      await seen(page, 'not ticked')
      before.faults.splice(0)
      await page.getByLabel('I know that it is gone for good').check()
      await page.getByRole('button', { name: 'Close it for ever' }).click()
      await page.waitForURL(`${old.url}/closed?goes-on=yes`)
      await seen(page, 'closed')
      equal((await page.context().cookies()).length, 0, 'cookies')
      await page.goto(old.url)
      await page.getByRole('heading', { name: 'No wallet is kept here yet' }).or(page.getByRole('heading')).first().waitFor()
      equal(await page.locator('#passphrase').count(), 0, 'ways to open it')
      await old.stop()
      const { code: ended } = await passport([binary, 'wallet', 'list', '--store', store, '--json'])
      equal(ended, 1, 'exit')
    })
    await report.check('the identifier is the same at the new place', async () => {
      const file = join(network.dir, 'carried.passport-wallet')
      const { page } = after
      await page.goto(`${host.url}/export`)
      const written = await write(page, 'Keep it, in case this one is lost')
      const { copyFileSync } = await import('node:fs')
      copyFileSync(written, file)
      const third = join(network.dir, 'carry-third.store')
      const env = { PASSPORT_FILE_PASSPHRASE: FILE_WORDS }
      const taken = await passport([binary, 'wallet', 'import', file, '--store', third], { env })
      equal(taken.code, 0, taken.stderr)
      truthy((await passport([binary, 'wallet', 'did', 'show', '--store', third])).stdout.includes(did), 'another identifier')
      truthy((await passport([binary, 'wallet', 'number', 'show', '--store', third])).stdout.includes(number), 'another number')
      // The keys that only the browser had are its member's here.
      const { link, request } = await network.request({ space: 'kiln-south' })
      const shown = await passport([binary, 'wallet', 'present', link ?? request, '--preset', 'all', '--store', third, '--yes'])
      equal(shown.code, 0, shown.stderr)
    })
    await report.check('no page broke a rule or called another host', async () => equal([...before.faults, ...after.faults, ...desk.faults], [], 'faults'))
  } finally {
    for (const place of [before, after, desk]) await place.close()
    await old.stop()
    await host.stop()
  }
}
