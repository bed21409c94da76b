// Signs for an open wallet that is kept at a host: one page at a time asks the host what is to be signed, looks at what it is, and signs it
// with a key that the host cannot open (decision 0028).
import { mayCall, mayShow, recall } from '/approving.js'
import { AGREES, SIGNS, decode, encode, forget, openedKey, remembered, sealedKey, session } from '/keys.js'

const text = new TextEncoder()

async function made(keys, use) {
  const [algorithm, uses] = use === 'sign' ? [SIGNS, ['sign', 'verify']] : [AGREES, ['deriveBits']]
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, uses)
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  return { public: { kty, crv, x, y }, sealed: await sealedKey(keys, use, privateKey) }
}

// What is signed here, by its type, and what must stand in it. Nothing else is: another number is asked for at a terminal alone, and no page signs for it.
const is = (value) => typeof value === 'string' && value !== ''
// An address of the web that a wallet calls (RFC 9449 §4.2: without a query): by TLS, or on this machine.
function isAddress(value) {
  if (!is(value) || !URL.canParse(value)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(value)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && /(^|\.)localhost$/.test(hostname))
  return isSafe && [username, password, search, hash].every((part) => part === '')
}
// A DID says it itself: the key is named as one of its own.
const isOwn = (iss, kid) => is(iss) && iss.startsWith('did:') && kid === `${iss}#sign`
// What a page tells by itself where mail lies, and what asks a space for a request that is still to be answered. Whatever else is told
// a space has something done there, and was agreed to.
const TOLD = /\/(done|reports|blocks|bell|change-requests)$/
async function isCall({ htm, htu, jti }) {
  if (!isAddress(htu) || !is(jti)) return false
  return ['GET', 'PUT'].includes(htm) || (htm === 'POST' && (TOLD.test(new URL(htu).pathname) || mayCall(htu)))
}
// What the member says of themselves is shown by disclosures alone, which are looked at when it is shown.
const IN_THE_OPEN = new Set(['iss', 'iat', 'exp', 'vct', 'cnf', '_sd', '_sd_alg'])
const TYPES = {
  'kb+jwt': async (said, { shows }) => Number.isInteger(said.iat) && is(said.aud) && is(said.nonce) && is(said.sd_hash) && mayShow(said, shows),
  'openid4vci-proof+jwt': (said) => isAddress(said.aud),
  'dpop+jwt': isCall,
  // What the member says itself: to be taken for a few minutes.
  'dc+sd-jwt': (said) => is(said.vct) && said.iss?.startsWith('did:jwk:') && [said.exp, said.iat].every(Number.isInteger) && said.exp - said.iat <= 300 && Object.keys(said).every((name) => IN_THE_OPEN.has(name)),
  'passport-number-holder+jwt': (said, { kid }) => is(said.number) && isOwn(said.iss, kid),
  'passport-number-stating+jwt': (said, { kid }) => is(said.aud) && is(said.holder) && isOwn(said.iss, kid),
  'passport-blocks+jwt': (said, { kid }) => is(said.aud) && Array.isArray(said.blocked) && isOwn(said.iss, kid),
  'passport-did-control+jwt': (said, { kid }) => isAddress(said.aud) && isOwn(said.iss, kid),
}
// Seconds.
const MINUTES = 600

async function looksRight({ input, shows }) {
  const [header, payload, more] = input.split('.')
  if (more !== undefined) return false
  // As it is read here everybody reads it: nothing is said twice, of which another takes the first (RFC 8259 §4).
  const parsed = (part) => {
    const written = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decode(part))
    const value = JSON.parse(written)
    if (JSON.stringify(value) !== written) throw new Error('not as it is read')
    return value
  }
  const [{ alg, typ, kid }, said] = [parsed(header), parsed(payload)]
  const now = Date.now() / 1000
  const isFresh = typeof said.iat !== 'number' || Math.abs(now - said.iat) < MINUTES
  return alg === 'ES256' && isFresh && Object.hasOwn(TYPES, typ) && Boolean(await TYPES[typ](said, { shows, kid }))
}

const DEEDS = {
  make: async (keys, { use, count }) => ({ keys: await Promise.all(Array.from({ length: count }, () => made(keys, use))) }),
  async sign(keys, wanted) {
    const looked = await Promise.all(wanted.map(looksRight))
    if (!looked.every(Boolean)) return { refused: true }
    const one = async ({ sealed, input }) => encode(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, await openedKey(keys, 'sign', sealed), text.encode(input)))
    return { signatures: await Promise.all(wanted.map(one)) }
  },
  async agree(keys, { sealed, with: other }) {
    const theirs = await crypto.subtle.importKey('jwk', other, AGREES, false, [])
    const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, await openedKey(keys, 'open', sealed), 256)
    return { secret: encode(secret) }
  },
}

const leaving = new AbortController()
addEventListener('pagehide', () => leaving.abort())
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds) })

async function work() {
  const of = await session()
  const raw = await remembered(of)
  const missing = document.querySelector('[data-keys-missing]')
  if (!raw) {
    if (of && missing) missing.hidden = false
    return
  }
  const keys = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['wrapKey', 'unwrapKey'])
  await recall(raw)
  raw.fill(0)
  while (!leaving.signal.aborted) {
    const answer = await fetch('/keys/next', { headers: { accept: 'application/json' }, cache: 'no-store', signal: leaving.signal })
    if (answer.status === 200) {
      const { closed, job, deed, about } = await answer.json()
      if (closed) return forget()
      const done = Object.hasOwn(DEEDS, deed) ? await DEEDS[deed](keys, about).catch(() => ({ refused: true })) : { refused: true }
      await fetch('/keys/done', { method: 'POST', body: new URLSearchParams({ csrf: of.csrf, job, answer: JSON.stringify(done) }), cache: 'no-store' })
    } else if (answer.status !== 204) {
      await pause(2000)
    }
  }
}

// One page of the browser at a time: the others wait for it to be left.
const begin = () => navigator.locks?.request('wallet-signing', { signal: leaving.signal }, work).catch(() => leaving.signal.aborted || pause(2000).then(begin))
begin()
