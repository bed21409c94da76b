// Credo's wallet, issuer and verifier as separate processes: the peer is driven from outside, as a stranger's would be.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastJson, run, serve } from './process.mjs'

const here = join(dirname(fileURLToPath(import.meta.url)), '..', 'credo')
const node = process.execPath

async function post(url, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`the Credo peer answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return response.json()
}

async function server(script, words) {
  const child = serve([node, join(here, script), '--port', '0', '--serve', '--insecure-http', ...words], { cwd: here, seconds: 60 })
  const ready = await child.ready
  return { ready, stop: child.stop, ask: (body) => post(ready.control, body), outcome: async (session) => (await fetch(`${ready.control}/${session}`)).json() }
}

export const startIssuer = (words = []) => server('issuer.mjs', words)
export const startVerifier = (words = []) => server('verifier.mjs', words)

// A wallet with its own store and trust: { ca: [files], dids: [dids], tlsCa: [files] }.
export function wallet(store, { ca = [], dids = [], tlsCa = [] } = {}) {
  const trust = [
    '--store', store, '--insecure-http', ...ca.flatMap((file) => ['--ca', file]), ...dids.flatMap((did) => ['--trust-did', did]),
    ...tlsCa.flatMap((file) => ['--tls-ca', file]),
  ]
  const call = async (...words) => {
    const { code, stdout, stderr } = await run([node, join(here, 'holder.mjs'), ...words, ...trust], { cwd: here, seconds: 60 })
    return { code, json: lastJson(stdout) ?? { ok: false, error: { message: (stderr || stdout).slice(-300) } } }
  }
  return {
    acceptOffer: (offer, ...more) => call('accept-offer', offer, ...more),
    present: (request, ...more) => call('present', request, ...more),
    resolve: (did) => call('resolve', did),
  }
}

// What the peer says about a failure, short enough for one line.
export const reason = ({ json }) => [json.error?.message, json.error?.cause, json.error?.oauth_error && JSON.stringify(json.error.oauth_error), json.response && JSON.stringify(json.response)]
  .filter(Boolean).join(' | ').slice(0, 400) || JSON.stringify(json).slice(0, 400)
