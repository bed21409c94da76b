// One place for what may be reached: HTTPS with extra roots, curl-style host mapping, http on loopback only by flag.
import { Agent as Dispatcher, setGlobalDispatcher } from 'undici'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'

const loopback = (host) => ['localhost', '127.0.0.1', '[::1]'].includes(host) || host.endsWith('.localhost')

export function setupNetwork(options) {
  // --resolve host:port:address[:toPort] sends connections for host:port to another address (and port).
  const rules = new Map()
  for (const rule of options.resolve ?? []) {
    const [host, port, address, toPort] = rule.split(':')
    rules.set(`${host}:${port}`, { host: address, port: Number(toPort ?? port) })
  }
  const extra = (options['tls-ca'] ?? []).map((file) => readFileSync(file, 'utf8'))
  const ca = extra.length ? [...tls.rootCertificates, ...extra] : undefined
  const place = (host, port) =>
    // Not every resolver knows that *.localhost is loopback (RFC 6761 §6.3).
    rules.get(`${host}:${port}`) ?? { host: host.endsWith('.localhost') ? '127.0.0.1' : host, port: Number(port) }

  const connect = (target, done) => {
    const secure = target.protocol === 'https:'
    const to = place(target.hostname, target.port || (secure ? 443 : 80))
    const servername = net.isIP(target.hostname) ? undefined : target.hostname
    const socket = secure ? tls.connect({ ...to, servername, ca, ALPNProtocols: ['http/1.1'] }) : net.connect(to)
    socket.setNoDelay(true)
    const fail = (error) => done(error, null)
    socket.once('error', fail)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail)
      done(null, socket)
    })
  }
  setGlobalDispatcher(new Dispatcher({ connect }))

  // The did:web resolver that Credo uses goes through node's https module, not through fetch.
  if (ca) https.globalAgent.options.ca = ca
  const original = https.globalAgent.createConnection.bind(https.globalAgent)
  https.globalAgent.createConnection = (target, done) =>
    original({ ...target, servername: target.servername || target.host, ...place(target.host, target.port ?? 443) }, done)

  const allowHttp = Boolean(options['insecure-http'])
  return async (input, init) => {
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url)
    if (url.protocol === 'http:' && !(allowHttp && loopback(url.hostname))) {
      throw new Error(`refused ${url.origin}: http needs --insecure-http and a loopback host`)
    }
    return fetch(input, init)
  }
}
