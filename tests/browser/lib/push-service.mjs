// A push service of our own: it takes pushes (RFC 8030 §5), checks who sends them (RFC 8292 §3), and delivers nothing. Chromium's own
// service is not called: `stub` stands in the place of what the browser would ask of it.
import { createServer } from 'node:http'
import { webcrypto } from 'node:crypto'

export async function pushService() {
  const taken = []
  const waiting = []
  let status = 201
  const server = createServer((request, response) => {
    const pieces = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const push = { method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(pieces) }
      response.writeHead(status).end()
      const next = waiting.shift()
      if (next) next(push)
      else taken.push(push)
    })
  })
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const origin = `http://push.localhost:${server.address().port}`
  const path = `/send/${Math.random().toString(36).slice(2)}`
  return {
    origin,
    path,
    says: (code) => { status = code },
    // The next push; nothing if none comes in time.
    next: (patience) =>
      taken.length ? Promise.resolve(taken.shift()) : new Promise((found) => {
        const late = setTimeout(() => {
          waiting.splice(waiting.indexOf(next), 1)
          found(undefined)
        }, patience)
        const next = (push) => {
          clearTimeout(late)
          found(push)
        }
        waiting.push(next)
      }),
    verified,
    close: () => new Promise((done) => {
      server.close(done)
      server.closeAllConnections()
    }),
    // What the browser gives a page that subscribes; it is kept for the next page, as a browser does.
    stub: `(() => {
      const kept = () => localStorage.getItem('pushed-key')
      const subscription = () => {
        const key = kept()
        if (!key) return null
        const options = { applicationServerKey: Uint8Array.from(JSON.parse(key)).buffer, userVisibleOnly: true }
        return { endpoint: '${origin}${path}', options, unsubscribe: async () => { localStorage.removeItem('pushed-key'); return true } }
      }
      if (!window.PushManager) return
      PushManager.prototype.getSubscription = async () => subscription()
      PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        if (!userVisibleOnly) throw new Error('a push is always shown')
        localStorage.setItem('pushed-key', JSON.stringify([...new Uint8Array(applicationServerKey)]))
        return subscription()
      }
    })()`,
  }
}

// The claims of whoever pushes, if the signature is by the key that comes along.
async function verified({ headers }) {
  const [, token, key] = headers.authorization.match(/^vapid t=([^,]+), k=([A-Za-z0-9_-]+)$/)
  const [header, payload, signature] = token.split('.')
  const bytes = (text) => Buffer.from(text, 'base64url')
  const imported = await webcrypto.subtle.importKey('raw', bytes(key), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  const fits = await webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, bytes(signature), Buffer.from(`${header}.${payload}`))
  if (!fits) throw new Error('the signature does not fit')
  const { alg, typ } = JSON.parse(bytes(header))
  if (alg !== 'ES256' || typ !== 'JWT') throw new Error(`another token: ${alg} ${typ}`)
  return JSON.parse(bytes(payload))
}
