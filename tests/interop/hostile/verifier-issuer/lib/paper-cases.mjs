// Credentials that are signed as they should be, whose chain or status list is not: X.509 paths (RFC 5280 §6) below a root that the verifier
// trusts, and Token Status Lists (draft -20) served from here. As in verifier-cases.mjs; all of them need the issuer's and the root's keys.
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import http from 'node:http'
import { b64, jws, newKey, now, publicOf, publicPem } from './jose.mjs'
import { malleable } from './malleable.mjs'
import { answer, post } from './wallet.mjs'
import { certificate, name as x500, readCertificate, usages } from './x509.mjs'

export function paperCases({ issuer, root, lists }) {
  const cases = []
  const add = (name, rest) => cases.push({ name, need: ['issuer', 'issuerX5c'], ...rest })
  const again = (change) => ({
    credential: ({ credential, needed, key }) => {
      const copy = { header: { ...structuredClone(credential.header), x5c: issuer.x5c }, payload: structuredClone(credential.payload) }
      const signer = change(copy) ?? issuer.key
      return { jwt: jws(copy.header, copy.payload, signer), shown: needed.map(({ raw }) => raw), credential, key }
    },
  })

  // --- chains
  const rootName = x500('Attack test root')
  const genuine = issuer && readCertificate(Buffer.from(issuer.x5c[0], 'base64'))
  const middleName = x500('Attack test intermediate')
  const text = (der) => der.toString('base64')
  // A chain of leaf and intermediate, each with its faults; a signer for the credential comes along.
  const below = (leaf = {}, middle = {}, more = {}) => {
    const [key, middleKey] = [newKey(), newKey()]
    const one = certificate({ subject: x500('Attack test issuer'), issuer: middleName, san: genuine.san, key, signer: middleKey, ...leaf })
    const two = certificate({ subject: middleName, issuer: rootName, key: middleKey, signer: root, ca: true, pathLength: 0, ...middle })
    return { key, chain: more.chain ? more.chain([one, two], { key, middleKey }) : [one, two] }
  }
  const direct = (leaf = {}) => {
    const key = newKey()
    return { key, chain: [certificate({ subject: x500('Attack test issuer'), issuer: rootName, san: genuine.san, key, signer: root, ...leaf })] }
  }
  const chain = (name, make, more = {}) => add(`chain-${name}`, {
    need: ['issuer', 'issuerX5c', 'root'],
    fault: () => {
      const made = make()
      return again((copy) => {
        copy.header.x5c = made.chain.map(text)
        return made.key
      })
    },
    ...more,
  })
  const honest = { expect: 'accept' }
  chain('honest', () => below(), honest)
  chain('directly-below-the-root', () => direct(), honest)
  chain('unknown-extension', () => below({ unknown: 'there' }), honest)
  chain('names-within-the-constraints', () => below({}, { constraints: { permitted: { dns: ['issuer.example'] } } }), honest)
  chain('leaf-expired', () => direct({ from: -20, days: -1 }))
  chain('leaf-not-yet-valid', () => direct({ from: 2 }))
  chain('intermediate-expired', () => below({}, { from: -20, days: -1 }))
  chain('intermediate-not-yet-valid', () => below({}, { from: 2 }))
  chain('intermediate-is-no-authority', () => below({}, { ca: false }))
  chain('intermediate-without-basic-constraints', () => below({}, { basic: null }))
  chain('intermediate-may-not-sign-certificates', () => below({}, { usage: 0x80 }))
  chain('intermediate-of-other-root', () => below({}, { signer: newKey() }))
  chain('intermediate-left-out', () => below({}, {}, { chain: ([one]) => [one] }))
  chain('order-turned-round', () => below({}, {}, { chain: (both) => both.reverse() }))
  chain('leaf-twice', () => below({}, {}, { chain: ([one, two]) => [one, one, two] }))
  chain('strange-one-between', () => below({}, {}, { chain: ([one, two]) => [one, direct().chain[0], two] }))
  chain('strange-one-at-the-end', () => below({}, {}, { chain: (both) => [...both, certificate({ subject: x500('x'), issuer: x500('x'), key: newKey(), signer: newKey(), ca: true })] }))
  chain('hundred-certificates', () => below({}, {}, { chain: ([one, two]) => [one, ...Array(99).fill(two)] }))
  const deep = (lengths) => {
    const keys = [newKey(), newKey(), newKey()]
    const names = ['one', 'two'].map((one) => x500(`Attack test intermediate ${one}`))
    const upper = certificate({ subject: names[0], issuer: rootName, key: keys[0], signer: root, ca: true, pathLength: lengths[0] })
    const lower = certificate({ subject: names[1], issuer: names[0], key: keys[1], signer: keys[0], ca: true, pathLength: lengths[1] })
    const leaf = certificate({ subject: x500('Attack test issuer'), issuer: names[1], san: genuine.san, key: keys[2], signer: keys[1] })
    return { key: keys[2], chain: [leaf, lower, upper] }
  }
  chain('two-intermediates', () => deep([1, 0]), honest)
  chain('longer-than-the-intermediate-allows', () => deep([0, 0]))
  chain('names-outside-the-constraints', () => below({}, { constraints: { permitted: { dns: ['other.example'] } } }))
  chain('names-excluded', () => below({}, { constraints: { excluded: { dns: ['issuer.example'] } } }))
  chain('names-excluded-by-a-parent', () => below({}, { constraints: { excluded: { dns: ['example'] } } }))
  chain('names-permitted-and-excluded', () => below({}, { constraints: { permitted: { dns: ['example'] }, excluded: { dns: ['issuer.example'] } } }))
  chain('unknown-critical-extension-in-the-leaf', () => below({ unknown: 'critical' }))
  chain('unknown-critical-extension-above', () => below({}, { unknown: 'critical' }))
  chain('leaf-may-sign-certificates-only', () => below({ usage: 0x04 }))
  chain('leaf-is-an-authority', () => below({ ca: true }, { pathLength: 1 }))
  chain('leaf-for-another-purpose', () => below({ extended: [usages.serverAuth] }), { expect: 'policy' })
  chain('without-any-name', () => below({ san: undefined }), { expect: 'policy' })
  chain('with-the-root-in-it', () => below({}, {}, { chain: (both) => [...both, certificate({ subject: rootName, issuer: rootName, key: root, signer: root, ca: true, pathLength: 2 })] }), { expect: 'policy' })
  add('chain-iss-outside-the-names', { fault: again(({ payload }) => { payload.iss = 'https://other.example' }) })

  // --- status lists
  const compress = (bytes) => deflateSync(Buffer.from(bytes), { level: 9 })
  const size = 1 << 12
  const listOf = (bits, at, status) => {
    const bytes = Buffer.alloc((size * bits) / 8)
    bytes[Math.floor((at * bits) / 8)] |= status << ((at * bits) % 8)
    return bytes
  }
  // One list at an address of its own; what is in it can be bent. `serve` is the whole answer, when it is no honest one.
  let count = 0
  const index = 77
  function list({ bits = 1, status = 0, header = {}, claims = {}, list: member, how, token, type = 'application/statuslist+jwt', serve } = {}) {
    const path = `/list/${++count}-${Math.random().toString(36).slice(2)}`
    const uri = `${lists.origin}${path}`
    // `change`: what this very answer says otherwise.
    const make = (change = {}) => {
      const honest = { sub: uri, iat: now() - 10, exp: now() + 3600, ttl: 600, status_list: { bits, lst: b64(compress(listOf(bits, index, change.status ?? status))), ...member } }
      const made = jws({ alg: 'ES256', typ: 'statuslist+jwt', x5c: issuer.x5c, ...header }, { ...honest, ...claims, ...change.claims }, how ?? issuer.key)
      return { status: 200, type, body: token ? token(made) : made }
    }
    lists.put(path, (number) => (serve ? serve(make, number) : make()))
    return uri
  }
  const pointing = (uri, idx = index) => again(({ payload }) => { payload.status = { status_list: { idx, uri } } })
  const status = (name, bend, more = {}, idx) => add(`status-${name}`, { need: ['issuer', 'issuerX5c', 'lists'], fault: () => pointing(list(typeof bend === 'function' ? bend() : bend), idx), ...more })
  for (const bits of [1, 2, 4, 8]) {
    status(`valid-${bits}-bits`, { bits }, honest)
    status(`taken-back-${bits}-bits`, { bits, status: 1 })
  }
  status('suspended', { bits: 2, status: 2 })
  status('of-the-issuers-own', { bits: 2, status: 3 })
  status('unknown-value', { bits: 8, status: 200 })
  status('without-exp-and-ttl', { claims: { exp: undefined, ttl: undefined } }, honest)
  status('sub-of-another-list', { claims: { sub: 'https://other.example/list/1' } })
  status('sub-missing', { claims: { sub: undefined } })
  status('iat-missing', { claims: { iat: undefined } })
  status('iat-future', { claims: { iat: now() + 86400 } }, { expect: 'policy' })
  status('expired', { claims: { exp: now() - 3600 } })
  status('exp-a-string', { claims: { exp: String(now() + 3600) } })
  status('nbf-future', { claims: { nbf: now() + 3600 } })
  status('ttl-0', { claims: { ttl: 0 } })
  status('ttl-negative', { claims: { ttl: -1 } })
  status('ttl-a-string', { claims: { ttl: '600' } })
  status('typ-JWT', { header: { typ: 'JWT' } })
  status('typ-missing', { header: { typ: undefined } })
  status('crit-unknown', { header: { crit: ['x-must'], 'x-must': true } })
  status('alg-none', { header: { alg: 'none' }, how: { none: true } })
  status('hs256-public-key', () => ({ header: { alg: 'HS256' }, how: { secret: publicPem(issuer.key) } }))
  status('signature-zero', { how: { bytes: Buffer.alloc(64) } })
  status('other-key', { how: newKey() })
  status('other-key-in-header', () => { const key = newKey(); return { header: { x5c: undefined, jwk: publicOf(key) }, how: key } })
  status('of-another-issuer-below-the-same-root', () => { const other = direct(); return { header: { x5c: other.chain.map(text) }, how: other.key } })
  status('edited', { token: (made) => { const [head, , signature] = made.split('.'); return `${head}.${b64({ sub: 'x', iat: now(), status_list: { bits: 1, lst: b64(compress(Buffer.alloc(64))) } })}.${signature}` } })
  status('bits-3', { list: { bits: 3 } })
  status('bits-a-string', { list: { bits: '1' } })
  status('bits-missing', { list: { bits: undefined } })
  // What the issuer signs counts, also where it is wrong: nobody can tell.
  status('bits-told-wrong', { bits: 1, status: 1, list: { bits: 8 } }, { expect: 'policy' })
  status('lst-missing', { list: { lst: undefined } })
  status('lst-empty', { list: { lst: '' } })
  status('lst-not-base64url', { list: { lst: '!!!' } })
  status('lst-raw-deflate', { list: { lst: b64(deflateRawSync(Buffer.alloc(512))) } })
  status('lst-gzip', { list: { lst: b64(gzipSync(Buffer.alloc(512))) } })
  status('lst-not-compressed', { list: { lst: b64(Buffer.alloc(512)) } })
  status('lst-cut-off', { list: { lst: b64(compress(Buffer.alloc(512)).subarray(0, 8)) } })
  status('lst-with-bytes-behind', { list: { lst: b64(Buffer.concat([compress(Buffer.alloc(512)), Buffer.from('behind')])) } })
  status('lst-bomb-1-GB', () => ({ list: { lst: b64(bomb()) } }), { heavy: true })
  status('list-missing', { claims: { status_list: undefined } })
  status('list-a-string', { claims: { status_list: 'x' } })
  status('index-outside', {}, {}, size)
  status('index-far-outside', {}, {}, 2 ** 40)
  status('index-negative', {}, {}, -1)
  status('index-a-fraction', {}, {}, 1.5)
  status('index-a-string', {}, {}, '77')
  status('index-missing', {}, {}, null)
  const served = (name, serve, more) => status(name, { serve }, more)
  served('gone', () => ({ status: 404, type: 'text/plain', body: '' }))
  served('server-fails-with-a-good-list', (make) => ({ ...make(), status: 500 }), { later: true })
  served('a-page', () => ({ status: 200, type: 'text/html', body: '<html></html>' }))
  served('as-json', (make) => ({ ...make(), type: 'application/json' }))
  served('cwt', () => ({ status: 200, type: 'application/statuslist+cwt', body: Buffer.from('d28450a20126106e7374617475736c6973742b637774a0a0', 'hex') }))
  served('jwt-called-cwt', (make) => ({ ...make(), type: 'application/statuslist+cwt' }))
  served('50-MB', (make) => ({ ...make(), body: `${make().body}${' '.repeat(50e6)}` }), { heavy: true })
  served('redirected-to-a-good-list', (make, number) => (number === 1 ? { status: 302, headers: { location: '?again' }, type: 'text/plain', body: '' } : make()))
  served('redirected-to-a-private-address', () => ({ status: 302, headers: { location: 'http://169.254.169.254/latest' }, type: 'text/plain', body: '' }))
  served('redirected-to-a-file', () => ({ status: 307, headers: { location: 'file:///etc/passwd' }, type: 'text/plain', body: '' }))
  served('a-byte-a-second', (make) => ({ ...make(), drip: true }), { later: true })
  for (const [name, uri] of [['private-address', 'http://10.77.0.1/list'], ['link-local', 'http://169.254.169.254/list'], ['loopback-number', 'http://127.0.0.1:9/list'], ['loopback-in-hex', 'http://0x7f.1:9/list'], ['file', 'file:///etc/passwd'], ['javascript', 'javascript:alert(1)'], ['relative', '/list/1'], ['empty', ''], ['10-kB', `https://lists.example/${'x'.repeat(1e4)}`]]) {
    // A name of nobody may be somebody's tomorrow.
    add(`status-uri-${name}`, { fault: pointing(uri), later: name === '10-kB' })
  }
  add('status-uri-missing', { fault: again(({ payload }) => { payload.status = { status_list: { idx: 1 } } }) })
  add('status-uri-an-array', { fault: again(({ payload }) => { payload.status = { status_list: { idx: 1, uri: ['https://lists.example/1'] } } }) })
  add('status-a-string', { fault: again(({ payload }) => { payload.status = 'valid' }) })
  add('status-empty', { fault: again(({ payload }) => { payload.status = {} }), expect: 'policy' })
  add('status-other-mechanism', { fault: again(({ payload }) => { payload.status = { other_list: {} } }), expect: 'policy' })

  // Lists that change: what was said last counts, as soon as what was said first is over.
  const two = (name, make, more = {}) => add(`status-${name}`, {
    need: ['issuer', 'issuerX5c', 'lists'],
    run: async ({ request, held, open, client, accepted }) => {
      const { uri, wait, first: wanted } = make()
      const before = await post(client, request, answer(request, held, pointing(uri)))
      if ((await accepted(request, before)) !== wanted) return { skip: `harness: the first answer was ${before.status}` }
      await new Promise((done) => setTimeout(done, wait * 1000))
      const next = await open()
      const result = await post(client, next, answer(next, held, pointing(uri)))
      return { result, accepted: await accepted(next, result) }
    },
    ...more,
  })
  const turning = (first, wait, serve) => () => ({ first, wait, uri: list({ serve }) })
  const none = { status: 404, type: 'text/plain', body: '' }
  // How short a ttl is heeded is the verifier's: one of a second would tell an issuer when its holders are somewhere.
  two('taken-back-after-a-second', turning(true, 2.2, (make, number) => (number === 1 ? make({ claims: { ttl: 1 } }) : make({ status: 1 }))), { expect: 'policy' })
  two('gone-after-a-second', turning(true, 2.2, (make, number) => (number === 1 ? make({ claims: { ttl: 1 } }) : none)), { expect: 'policy' })
  two('ended-while-it-was-kept', turning(true, 3.2, (make, number) => (number === 1 ? make({ claims: { exp: now() + 2 } }) : none)), { later: true })
  two('valid-again-within-the-ttl', turning(false, 0.2, (make, number) => make({ status: number === 1 ? 1 : 0 })))
  two('older-list-after-a-newer-one', turning(false, 2.2, (make, number) => (number === 1 ? make({ status: 1, claims: { ttl: 1 } }) : make({ claims: { iat: now() - 600 } }))))
  two('down-and-up-again', turning(false, 0.2, (make, number) => (number === 1 ? { ...none, status: 503 } : make())), { expect: 'policy', later: true })

  // --- signatures that come in pairs
  add('malleable-credential', { fault: { credential: ({ credential, needed, key }) => ({ jwt: malleable(credential.jwt), shown: needed.map(({ raw }) => raw), credential, key }) }, expect: 'policy' })
  add('malleable-key-binding', { fault: { presentation: malleable }, expect: 'policy' })
  add('malleable-replay', { run: async ({ request, held, client, accepted }) => {
    const before = await post(client, request, answer(request, held))
    if (!(await accepted(request, before))) return { skip: `harness: the first answer was refused (${before.status})` }
    const result = await post(client, request, answer(request, held, { presentation: malleable }))
    return { result, accepted: result.status < 300 && !result.json?.error }
  } })
  return cases
}

let kept
const bomb = () => (kept ??= deflateSync(Buffer.alloc(2 ** 30)))

// A host for lists, at a name that the verifier may call.
export async function startLists(host = 'lists.localhost') {
  const places = new Map()
  const server = http.createServer((request, response) => {
    const place = places.get(new URL(request.url, 'http://x').pathname)
    if (!place) return response.writeHead(404).end()
    place.number += 1
    const { status = 200, type, headers, body, drip } = place.serve(place.number)
    response.on('error', () => {})
    response.writeHead(status, { 'content-type': type, ...headers })
    if (!drip) return response.end(body)
    response.write(body.slice(0, 1))
    const timer = setInterval(() => response.write(' '), 1000)
    response.on('close', () => clearInterval(timer))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://${host}:${server.address().port}`,
    put: (path, serve) => places.set(path, { serve, number: 0 }),
    close: () => (server.closeAllConnections(), server.close()),
  }
}
