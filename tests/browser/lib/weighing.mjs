// What a page costs a browser that has nothing of it yet: requests, bytes over the wire, what of them is scripts, and the server's time.
import { get } from 'node:http'

const TIMES = 9
// Code that is printed apart: it is fetched by what a visitor does on one page, and by nothing else.
const APART = { decoder: '/decoder/', argon2: '/argon2/' }

// `act` is what is done on the page before it is left; what its scripts fetch for that is the page's, what the next page fetches is not.
export async function weighed(page, wallet, what, path, act = async () => {}) {
  const client = await page.context().newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.setCacheDisabled', { cacheDisabled: true })
  await client.send('Network.setBypassServiceWorker', { bypass: true })
  const asked = new Map()
  const bytes = new Map()
  let own
  client.on('Network.requestWillBeSent', ({ requestId, loaderId, request, type }) => {
    own ??= loaderId
    if (loaderId === own) asked.set(requestId, { kind: type, path: new URL(request.url).pathname })
  })
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength))
  await page.goto(`${wallet.url}${path}`, { waitUntil: 'load' })
  await act(page)
  await client.detach()
  const apart = (name) => [...asked].filter(([, one]) => one.path.startsWith(APART[name]))
  // Modules are loaded before that, and what a worker keeps is not the page's.
  const isOwn = ({ kind, path: at }) => !['Other', 'Manifest'].includes(kind) || Object.values(APART).some((one) => at.startsWith(one))
  const counted = [...asked].filter(([, one]) => isOwn(one))
  const scripts = counted.filter(([, { kind, path: at }]) => kind === 'Script' && !Object.values(APART).some((one) => at.startsWith(one)))
  const sum = (of) => of.reduce((total, [id]) => total + (bytes.get(id) ?? 0), 0)
  return {
    what, path, requests: counted.length, bytes: sum(counted), scripts: sum(scripts), names: scripts.map(([, one]) => one.path),
    decoders: apart('decoder').length, stretchers: apart('argon2').length, milliseconds: await served(page, wallet, path),
  }
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
      answer.on('end', () => (answer.statusCode < 400 ? done(length) : fail(new Error(`${path}: ${answer.statusCode}`))))
    }).on('error', fail)
  })

// How long these files of a wallet are together, compressed.
export async function lengthOf(wallet, paths) {
  const lengths = await Promise.all(paths.map((path) => fetched(wallet, path, { 'accept-encoding': 'gzip' })))
  return lengths.reduce((total, length) => total + length, 0)
}
