// A member with a passport, two spaces and a message, at the pages of their wallet: what is measured and what pictures are taken of.
import { answerOf, binary, passport, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { firstPassport } from './first-passport.mjs'
import { openPage } from './browser.mjs'
import { join } from 'node:path'

export async function joinedMember({ network, browser, label }) {
  const store = join(network.dir, `${label}.store`)
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  await terminal('own', 'set', 'company', 'Larch and Linen')
  await terminal('own', 'set', 'bio', 'Weaves, and writes about it')
  const anybody = await openPage(browser)
  await firstPassport({ network, terminal, page: anybody.page, address: `${label}@example.org` })
  await anybody.close()
  await terminal('accept-offer', (await network.offer()).offer)
  for (const space of ['kiln-north', 'harbour']) {
    await terminal('present', (await network.request({ space })).link, '--preset', 'all')
    await terminal('collect')
  }
  const [number] = (await terminal('number', 'show')).match(/\w{4}-\w{4}-\w{5}/)
  await answerOf([binary, 'verifier', 'invite', 'kiln-south', number, '--data', network.data])
  await terminal('mailbox', 'list')
  const wallet = await serveWallet(store)
  const open = async (page) => {
    await page.goto(wallet.url)
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${wallet.url}/`)
  }
  // The page of a question that waits; left open by whoever calls this.
  const question = async (page) => {
    await page.goto(`http://kiln-south.localhost:${network.port}/join`)
    const link = await page.locator('.actions a').first().getAttribute('href')
    await page.goto(`${wallet.url}/authorize?${link.split('?').slice(1).join('?')}`)
    await page.getByRole('button', { name: 'Share', exact: true }).or(page.getByRole('button', { name: 'Compartir', exact: true })).first().waitFor()
    return new URL(page.url()).pathname
  }
  return { wallet, open, question }
}
