// The `passport` command as these tests see it. Every command line and every assumption about what it prints is here.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newKey } from '../hostile/verifier-issuer/lib/jose.mjs'
import { certificate, name, pem } from '../hostile/verifier-issuer/lib/x509.mjs'
import { createPrivateKey } from 'node:crypto'
import { lastJson, run, serve } from './process.mjs'

const top = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
export const binary = process.env.PASSPORT_BINARY ?? join(top, process.env.CARGO_TARGET_DIR ?? 'target', 'debug', 'passport')
export const parties = ['office', 'harbour', 'kiln-north', 'kiln-south', 'operator']
const passphrase = 'correct horse battery staple for tests'
export const walletPassphrase = passphrase

// ---- command lines ----
export const commands = {
  version: () => [binary, '--version'],
  demo: ({ data, port, tls, foreign, front }) => [
    binary, 'demo', '--data', data, '--port', String(port), '--json', ...(tls ? ['--tls-cert', tls.cert, '--tls-key', tls.key, '--tls-ca', tls.ca] : []),
    // Served to everybody by something that ends TLS in front.
    ...(front ? ['--public-url', front.url, '--trusted-proxy', '127.0.0.1', ...front.ways] : []),
    // A type that others sign, asked for by a form `foreign` of this space.
    ...(foreign ? ['--foreign-type', `${foreign.space},${foreign.vct},${foreign.root}`] : []),
  ],
  offer: ({ data, txCode, seconds, takenUp }) => [
    binary, 'issuer', 'offer', '--data', data, ...(txCode ? ['--tx-code'] : []), ...(takenUp ? ['--taken-up', takenUp] : []), ...(seconds ? ['--seconds', String(seconds)] : []),
  ],
  request: ({ data, space, seconds, mode, clientId, form }) => [
    binary, 'verifier', 'request', space, '--data', data, ...(seconds ? ['--seconds', String(seconds)] : []), ...(mode ? ['--response-mode', mode] : []),
    ...(clientId ? ['--client-id', clientId] : []), ...(form ? ['--form', form] : []),
  ],
  result: ({ data, space, session }) => [binary, 'verifier', 'result', space, session, '--data', data],
  walletInit: ({ store }) => [binary, 'wallet', 'init', '--store', store, '--yes'],
  acceptOffer: ({ offer, store, trust, txCode, batch, noWait }) => [
    binary, 'wallet', 'accept-offer', offer, '--store', store, '--yes', ...(noWait ? ['--no-wait'] : []), ...outside(trust), ...(txCode ? ['--tx-code', txCode] : []), ...(batch ? ['--batch', String(batch)] : []),
  ],
  present: ({ request, store, trust, inside, bend = [] }) => [
    binary, 'wallet', 'present', request, '--store', store, '--yes', ...(inside ? [] : outside(trust)), ...bend,
  ],
  finish: ({ address, store, trust }) => [binary, 'wallet', 'finish', address, '--store', store, '--yes', ...outside(trust)],
  collect: ({ store, trust }) => [binary, 'wallet', 'collect', '--store', store, '--yes', ...outside(trust)],
  list: ({ store }) => [binary, 'wallet', 'list', '--store', store],
}

// One call that deals with parties outside any network.
function outside({ ca = [], dids = [] } = {}) {
  return ['--outside-network', '--insecure-http', ...ca.flatMap((file) => ['--ca', file]), ...dids.flatMap((did) => ['--trust-did', did])]
}

// ---- what is assumed about the output ----
// demo: {"ready":true,…,"ca_pem":"-----BEGIN…"} with the root of the operator under one of these names, or in a file of the data folder.
function rootOf(ready, data) {
  const inline = ready.ca_pem ?? ready.root_pem ?? ready.operator?.ca_pem
  if (inline) return inline
  const file = ready.ca ?? ready.root ?? join(data, 'operator', 'root.pem')
  if (!existsSync(file)) throw new Error(`no root certificate of the operator: neither in the ready line nor at ${file}`)
  return readFileSync(file, 'utf8')
}

// demo: {"parties":{"harbour":{"did":"did:webvh:…"}}} or {"dids":{"harbour":"did:…"}}.
function didsOf(ready) {
  if (ready.dids) return ready.dids
  return Object.fromEntries(Object.entries(ready.parties ?? {}).map(([party, facts]) => [party, facts.did]))
}

// ---- runs ----
const environment = { PASSPORT_PASSPHRASE: passphrase, NO_COLOR: '1' }

// What we bend for one peer, by name, for one call; no configuration can set it. Credo's verifier puts its request_uri into `aud`.
export const compatibility = { credoVerifier: ['--compat-request-uri-audience'] }

export async function passport(words, { seconds = 60, env = {} } = {}) {
  const result = await run(words, { seconds, env: { ...environment, ...env }, cwd: top })
  return { ...result, json: lastJson(result.stdout) }
}

// The same, and its JSON; a failure names the command and what it said.
export async function answerOf(words, options) {
  const result = await passport(words, options)
  const shown = words.slice(1, 4).join(' ')
  if (result.code !== 0) throw new Error(`passport ${shown} ended with ${result.code ?? result.signal}: ${(result.stderr || result.stdout).trim().slice(-400)}`)
  if (!result.json) throw new Error(`passport ${shown} printed no JSON: ${result.stdout.slice(-200)}`)
  return result.json
}

// The pages of the wallet in a folder, at an address of this machine; with `trust`, for parties outside any network. `make` is where it is made if there is none yet.
export async function serveWallet(store, { port = 0, trust, bend = [] } = {}) {
  const words = [binary, 'wallet', 'serve', '--store', store, '--listen', `127.0.0.1:${port}`, '--json', ...(trust ? outside(trust) : []), ...bend]
  const server = serve(words, { env: environment, cwd: top })
  const { url, make } = await server.ready
  return { url, make, stop: server.stop, pid: server.pid }
}

// The machine code with which a call of the wallet was refused.
export const refusal = ({ code, json }) => (code === 1 ? json?.error?.code : undefined)

// Why the tests cannot run, if they cannot.
export async function unavailable() {
  if (!existsSync(binary)) return `${binary} is not built (cargo build)`
  const { code, stdout } = await passport([binary, 'demo', '--help'], { seconds: 20 })
  if (code !== 0 || !stdout.includes('--port')) return 'this build of the command has no `demo`'
  return undefined
}

export async function freePort() {
  const server = net.createServer()
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

// A certificate authority for this run and one leaf with the name of every party.
function tlsFiles(dir, zone = 'localhost') {
  const [rootKey, key] = [newKey(), newKey()]
  const rootName = name('Passport network test TLS root')
  const root = certificate({ subject: rootName, issuer: rootName, key: rootKey, signer: rootKey, ca: true, pathLength: 0 })
  const dns = [...parties, 'mail', 'wallet'].map((party) => `${party}.${zone}`)
  const leaf = certificate({ subject: name('Passport network test host'), issuer: rootName, key, signer: rootKey, san: { dns } })
  const files = { ca: join(dir, 'tls-ca.pem'), cert: join(dir, 'tls-cert.pem'), key: join(dir, 'tls-key.pem') }
  writeFileSync(files.ca, pem(root))
  writeFileSync(files.cert, pem(leaf))
  writeFileSync(files.key, createPrivateKey({ format: 'jwk', key }).export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return files
}

// Ends TLS for every name of a zone and leads to a port of this machine, as a web server in front of a demo does. `ways` are the
// words with which our command finds it.
async function inFront(dir, zone, port) {
  const files = tlsFiles(dir, zone)
  const server = createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, (request, response) => {
    const { headers, method, url, socket } = request
    const onward = httpRequest({ host: '127.0.0.1', port, method, path: url, headers: { ...headers, 'x-forwarded-for': socket.remoteAddress, 'x-forwarded-proto': 'https' } })
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)))
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const at = server.address().port
  const ways = [...parties, 'mail'].flatMap((party) => ['--resolve', `${party}.${zone}:443:127.0.0.1:${at}`])
  return {
    url: `https://{party}.${zone}`, at, zone, ways: [...ways, '--tls-ca', files.ca],
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

// The whole network on one machine, in a folder of its own.
// `settings` are laid over the `party.json` of the parties it names, for which the demo is started twice.
// What stands in a DID document from its first entry on, as `pages` of a space, is taken into everything being made anew with it.
// `heard` gets what the servers write to their log.
// With `zone` the parties are at `https://PARTY.ZONE`, and what ends TLS in front of them is ours.
export async function startNetwork({ https = false, foreign, settings, files = {}, pages, zone, heard } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'passport-interop-'))
  // Also when this process is stopped by a signal: process.mjs then exits.
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const data = join(dir, 'data')
  const port = await freePort()
  const tls = https ? tlsFiles(dir) : undefined
  const front = zone ? await inFront(dir, zone, port) : undefined
  const start = () => serve(commands.demo({ data, port, tls, foreign, front }), { seconds: 120, env: environment, cwd: top, heard })
  let server = start()
  const close = async () => {
    await server.stop()
    front?.close()
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    let ready = await server.ready
    if (pages) {
      await server.stop()
      const words = Object.keys(pages).map((party) => [party, readFileSync(join(data, party, 'party.json'))])
      rmSync(data, { recursive: true, force: true })
      for (const [party, word] of words) {
        mkdirSync(join(data, party), { recursive: true, mode: 0o700 })
        writeFileSync(join(data, party, 'party.json'), word, { mode: 0o600 })
        overlay(join(data, party, 'party.json'), { pages: pages[party] })
      }
      server = start()
      ready = await server.ready
    }
    if (settings) {
      await server.stop()
      for (const [name, content] of Object.entries(files)) writeFileSync(join(data, name), content)
      for (const [party, changes] of Object.entries(settings)) overlay(join(data, party, 'party.json'), changes)
      server = start()
      ready = await server.ready
    }
    const ca = join(dir, 'network-root.pem')
    writeFileSync(ca, rootOf(ready, data))
    return {
      dir, data, port, tls, front, ca, dids: didsOf(ready), pid: server.pid, close,
      offer: (options) => answerOf(commands.offer({ data, ...options })),
      request: (options) => answerOf(commands.request({ data, ...options })),
      result: async (options) => (await passport(commands.result({ data, ...options }))).stdout.trim().split('\n').at(-1),
    }
  } catch (error) {
    await close()
    throw error
  }
}

function overlay(file, changes) {
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...changes }))
}

// A wallet of ours in a fresh store.
export async function newWallet(dir, label) {
  const store = join(mkdtempSync(join(dir, `wallet-${label}-`)), 'wallet.store')
  const made = await passport(commands.walletInit({ store }))
  if (made.code !== 0) throw new Error(`passport wallet init ended with ${made.code ?? made.signal}: ${made.stderr.trim().slice(-400)}`)
  return {
    store,
    acceptOffer: (options) => passport([...commands.acceptOffer({ store, ...options }), '--json']),
    present: (options) => passport([...commands.present({ store, ...options }), '--json']),
    list: () => passport(commands.list({ store })),
  }
}

export const walletEnvironment = environment
