// A member's wallet, as a journey begins with it: made and in the network by the terminal, opened in a browser.
import { binary, passport, walletPassphrase } from '../../interop/lib/passport.mjs'
import { join } from 'node:path'

// A wallet in a folder of its own, which belongs to the network. `terminal` runs a command of it and gives what it said.
export async function makeMember(network, name) {
  const store = join(network.dir, `${name}.store`)
  const terminal = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  await terminal('init')
  await terminal('network', `http://operator.localhost:${network.port}/network.json`)
  return { store, terminal }
}

// Opens a wallet by its passphrase, at one of its pages.
export async function unlock(page, wallet, path = '/') {
  await page.goto(`${wallet.url}${path}`)
  await page.locator('#passphrase').fill(walletPassphrase)
  await page.keyboard.press('Enter')
  await page.waitForURL(`${wallet.url}${path}`)
}

// What a button of a space or an office leads to, at the wallet's own address.
export const addressAt = (wallet, link) => `${wallet.url}/authorize?${link.split('?').slice(1).join('?')}`
