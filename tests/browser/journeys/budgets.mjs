// What each page of the wallet costs whoever opens it for the first time: requests, bytes over the wire, scripts, and the server's time.
// The table is printed, and written into docs/performance.md where PASSPORT_WRITE is set (`cargo xtask budgets --write`).
import { openPage, phone } from '../lib/browser.mjs'
import { joinedMember } from '../lib/joined-member.mjs'
import { truthy } from '../../interop/lib/report.mjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const title = 'What the pages of a wallet weigh'

const MOST_OF_SCRIPTS = 60 * 1024
const TIMES = 9
const file = resolve(dirname(fileURLToPath(import.meta.url)), '../../../docs/performance.md')
const [begin, end] = ['<!-- budgets:begin -->', '<!-- budgets:end -->']

export async function run({ report, network, browser }) {
  const { wallet, open, question } = await joinedMember({ network, browser, label: 'budgets' })
  const place = await openPage(browser, phone)
  const { page } = place
  try {
    const locked = [await cold(page, wallet, 'opening it', '/unlock')]
    await open(page)
    const asked = await question(page)
    await page.goto(`${wallet.url}/spaces`)
    const space = new URL(await page.getByRole('link', { name: 'Kiln North', exact: true }).getAttribute('href'), wallet.url).pathname
    // Every page of the menu, and what they lead to.
    const menu = await page.locator('nav a').evaluateAll((all) => all.map((one) => [one.textContent.trim(), new URL(one.href).pathname]))
    const more = [['a question', asked], ['a space', space], ['a detail of it', `${space}/detail?claim=bio`], ['one change for several', '/change?claim=bio'], ['picture', '/details/picture'], ['being told of news', '/notices'], ['monthly digest', '/digests'], ['opening a link', '/open']]
    const rows = [...locked]
    for (const [what, path] of [...menu, ...more]) rows.push(await cold(page, wallet, what, path))
    const decoder = await decoderOf(wallet)
    const lines = table(rows, decoder)
    console.log(lines.join('\n'))
    for (const row of rows) {
      await report.check(`${row.what}: scripts of ${kilobytes(row.scripts)} are within 60 KB`, async () => truthy(row.scripts <= MOST_OF_SCRIPTS, `${row.scripts} bytes`))
    }
    await report.check('the decoder of QR codes is on Scan alone, and there only where the browser has none', async () => {
      const elsewhere = rows.filter(({ path, decoders }) => decoders > 0 && path !== '/scan')
      truthy(elsewhere.length === 0, elsewhere.map(({ path }) => path).join(', '))
    })
    if (process.env.PASSPORT_WRITE) write(lines)
  } finally {
    await place.close()
    await wallet.stop()
  }
}

// A page in a browser that has nothing of it yet.
async function cold(page, wallet, what, path) {
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.setCacheDisabled', { cacheDisabled: true })
  await client.send('Network.setBypassServiceWorker', { bypass: true })
  const kinds = new Map()
  const paths = new Map()
  const bytes = new Map()
  client.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    kinds.set(requestId, type)
    paths.set(requestId, new URL(request.url).pathname)
  })
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength))
  await page.goto(`${wallet.url}${path}`, { waitUntil: 'load' })
  // Modules are loaded before that, and what a worker keeps is not the page's.
  const own = [...kinds].filter(([id]) => !['Other', 'Manifest'].includes(kinds.get(id)) || paths.get(id).startsWith('/decoder/'))
  const sum = (of) => of.reduce((total, [id]) => total + (bytes.get(id) ?? 0), 0)
  await client.detach()
  const scripts = own.filter(([id, kind]) => kind === 'Script' && !paths.get(id).startsWith('/decoder/'))
  const decoders = own.filter(([id]) => paths.get(id).startsWith('/decoder/')).length
  return { what, path, requests: own.length, bytes: sum(own), scripts: sum(scripts), decoders, milliseconds: await served(page, wallet, path) }
}

// The time that the server takes, over loopback: the median.
async function served(page, wallet, path) {
  const cookie = (await page.context().cookies(wallet.url)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const times = []
  for (let turn = 0; turn < TIMES; turn += 1) {
    const begun = performance.now()
    await fetched(wallet, path, { cookie, accept: 'text/html' })
    times.push(performance.now() - begun)
  }
  return times.sort((left, right) => left - right)[Math.floor(TIMES / 2)]
}

const fetched = (wallet, path, headers) =>
  new Promise((done, fail) => {
    const { host, port } = new URL(wallet.url)
    get({ host: '127.0.0.1', port, path, headers: { host, ...headers } }, (answer) => {
      let length = 0
      answer.on('data', (piece) => { length += piece.length })
      answer.on('end', () => done(length))
    }).on('error', fail)
  })

async function decoderOf(wallet) {
  const parts = ['reader/index.js', 'share.js', 'reader/zxing_reader.wasm'].map((part) => `/decoder/3.1.6/${part}`)
  const lengths = await Promise.all(parts.map((path) => fetched(wallet, path, { 'accept-encoding': 'gzip' })))
  return lengths.reduce((total, length) => total + length, 0)
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

const table = (rows, decoder) => [
  '| page | requests | bytes over the wire | of them scripts | server |',
  '|---|---|---|---|---|',
  ...rows.map(({ what, path, requests, bytes, scripts, milliseconds }) => `| ${what} \`${path.replace(/^(\/asked|\/spaces)\/[^/?]+/, '$1/…')}\` | ${requests} | ${kilobytes(bytes)} | ${kilobytes(scripts)} | ${milliseconds.toFixed(1)} ms |`),
  '',
  `Scripts may have 60 KB on a page. The decoder of QR codes, ${kilobytes(decoder)}, is loaded on *Scan* alone, and there only where the browser has none of its own.`,
]

function write(lines) {
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  writeFileSync(file, `${before}${begin}\n${lines.join('\n')}\n${end}${rest.split(end)[1]}`)
}
