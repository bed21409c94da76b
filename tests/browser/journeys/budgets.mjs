// What each page of the wallet costs whoever opens it for the first time, on one's own machine and at a host.
// The table is printed, and written into docs/performance.md where PASSPORT_WRITE is set (`cargo xtask budgets --write`).
import { openPage, phone } from '../lib/browser.mjs'
import { joinedMember } from '../lib/joined-member.mjs'
import { addressAt } from '../lib/member.mjs'
import { lengthOf, weighed } from '../lib/weighing.mjs'
import { answerOf, binary, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const title = 'What the pages of a wallet weigh'

const MOST_OF_SCRIPTS = 60 * 1024
const file = resolve(dirname(fileURLToPath(import.meta.url)), '../../../docs/performance.md')
const [begin, end] = ['<!-- budgets:begin -->', '<!-- budgets:end -->']

export async function run({ report, network, browser }) {
  const { rows: own, decoder } = await ofOwnMachine(network, browser)
  const { rows: hosted, stretcher } = await ofHost(network, browser)
  const rows = [...own, ...hosted]
  const lines = table(rows, decoder, stretcher)
  console.log(lines.join('\n'))
  for (const row of rows) {
    await report.check(`${row.what}: scripts of ${kilobytes(row.scripts)} are within 60 KB`, async () => truthy(row.scripts > 0 && row.scripts <= MOST_OF_SCRIPTS, `${row.scripts} bytes: ${row.names.join(', ')}`))
  }
  await report.check('the decoder of QR codes is on Scan alone, and there only where the browser has none', async () => {
    const elsewhere = rows.filter(({ path, decoders }) => decoders > 0 && path !== '/scan')
    truthy(elsewhere.length === 0, elsewhere.map(({ path }) => path).join(', '))
  })
  await report.check('what stretches a passphrase is fetched where one was typed at a host, and nowhere else', async () => {
    equal(rows.filter(({ stretchers }) => stretchers > 0).map(({ what }) => what), [MAKING, OPENING], 'pages')
  })
  if (process.env.PASSPORT_WRITE) write(lines)
}

// Every page of a wallet on its member's machine: what is in the menu, and what that leads to.
async function ofOwnMachine(network, browser) {
  const { wallet, open, question } = await joinedMember({ network, browser, label: 'budgets' })
  const place = await openPage(browser, phone)
  const { page } = place
  try {
    const locked = [await weighed(page, wallet, 'opening it', '/unlock')]
    await open(page)
    const asked = await question(page)
    await page.goto(`${wallet.url}/spaces`)
    const space = new URL(await page.getByRole('link', { name: 'Kiln North', exact: true }).getAttribute('href'), wallet.url).pathname
    const menu = await page.locator('nav a').evaluateAll((all) => all.map((one) => [one.textContent.trim(), new URL(one.href).pathname]))
    const more = [['a question', asked], ['a space', space], ['a detail of it', `${space}/detail?claim=bio`], ['one change for several', '/change?claim=bio'], ['picture', '/details/picture'], ['being told of news', '/notices'], ['monthly digest', '/digests'], ['opening a link', '/open']]
    const rows = [...locked]
    for (const [what, path] of [...menu, ...more]) rows.push(await weighed(page, wallet, what, path))
    const decoder = await lengthOf(wallet, ['reader/index.js', 'share.js', 'reader/zxing_reader.wasm'].map((part) => `/decoder/3.1.6/${part}`))
    return { rows, decoder }
  } finally {
    await place.close()
    await wallet.stop()
  }
}

const MAKING = 'at a host: making it, a passphrase typed'
const OPENING = 'at a host: opening it, a passphrase typed'

// The pages of a host that are other than those, since the keys are in the browser.
async function ofHost(network, browser) {
  const host = await serveWallet(join(network.dir, 'budgets-host.store'), { bend: ['--host', '--network', `http://operator.localhost:${network.port}/network.json`] })
  const place = await openPage(browser, phone)
  const { page } = place
  const rows = []
  const add = async (what, path, act) => rows.push(await weighed(page, host, what, path, act))
  const enter = async () => {
    await page.locator('#passphrase').fill(walletPassphrase)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${host.url}/`)
  }
  try {
    await add('at a host: first screen', '/unlock')
    await add('at a host: bringing one along', '/make/bring')
    await add('at a host: everything is lost', '/unlock/recovery')
    await add(MAKING, '/make', async () => {
      await page.getByText('Use a passphrase instead').click()
      await page.locator('#name').fill('heron')
      await enter()
    })
    await page.locator('nav summary').click()
    await page.getByRole('button', { name: 'Lock', exact: true }).click()
    await page.waitForURL(`${host.url}/unlock`)
    await add(OPENING, '/unlock', enter)
    await page.goto(`${host.url}/details`)
    await page.locator('#email').fill('budgets.at.a.host@example.org')
    await page.getByRole('button', { name: 'Save' }).first().click()
    const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', network.data])
    await page.goto(addressAt(host, offer))
    await page.getByRole('button', { name: 'Take it' }).click()
    await page.locator('[data-share][data-ready]').waitFor()
    const asked = new URL(page.url()).pathname
    for (const [what, path] of [['home', '/'], ['a question', asked], ['how it opens', '/ways'], ['recovery code', '/recovery'], ['carrying it away', '/export']]) await add(`at a host: ${what}`, path)
    return { rows, stretcher: await lengthOf(host, ['/argon2/4.13.0/argon2.js']) }
  } finally {
    await place.close()
    await host.stop()
  }
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

const table = (rows, decoder, stretcher) => [
  '| page | requests | bytes over the wire | of them scripts | server |',
  '|---|---|---|---|---|',
  ...rows.map(({ what, path, requests, bytes, scripts, milliseconds }) => `| ${what} \`${path.replace(/^(\/asked|\/spaces)\/[^/?]+/, '$1/…')}\` | ${requests} | ${kilobytes(bytes)} | ${kilobytes(scripts)} | ${milliseconds.toFixed(1)} ms |`),
  '',
  `Scripts may have 60 KB on a page. Two are not counted there: the decoder of QR codes, ${kilobytes(decoder)}, which is loaded on *Scan* alone, and there only where the browser has none of its own; and what stretches a passphrase (Argon2), ${kilobytes(stretcher)}, which is loaded when one was typed at a host.`,
]

function write(lines) {
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  writeFileSync(file, `${before}${begin}\n${lines.join('\n')}\n${end}${rest.split(end)[1]}`)
}
