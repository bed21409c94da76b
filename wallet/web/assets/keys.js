// The keys of a wallet that is kept at a host (decision 0028). They lie with the host, sealed under one key that only browsers of the
// member have: it is made here, stands at the host wrapped by a half of each way in that never leaves the browser, and lies here for as long
// as the wallet is open, sealed under what the session's cookie gives. What ends the session makes it useless.

const text = new TextEncoder()
export const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
export const decode = (said) => Uint8Array.from(atob(said.replaceAll('-', '+').replaceAll('_', '/')), (symbol) => symbol.charCodeAt(0))
export const random = (length) => crypto.getRandomValues(new Uint8Array(length))
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...new Uint8Array(part)]))

// HKDF-SHA256 (RFC 5869) without a salt.
export async function derived(secret, info) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: text.encode(`passport-wallet/${info}/1`) }, key, 256))
}

const IV = 12
const cipher = (key, uses) => (key instanceof CryptoKey ? key : crypto.subtle.importKey('raw', key, 'AES-GCM', false, uses))
const gcm = (iv, context) => ({ name: 'AES-GCM', iv, additionalData: text.encode(context) })

export async function seal(key, context, plain) {
  const iv = random(IV)
  return encode(joined(iv, await crypto.subtle.encrypt(gcm(iv, context), await cipher(key, ['encrypt']), plain)))
}

export async function open(key, context, sealed) {
  const bytes = decode(sealed)
  return new Uint8Array(await crypto.subtle.decrypt(gcm(bytes.subarray(0, IV), context), await cipher(key, ['decrypt']), bytes.subarray(IV)))
}

// The key of the keys, wrapped by a half of a way in.
const WRAPPED = 'passport-wallet/keys-wrapped/1'
export const wrap = (half, keys) => seal(half, WRAPPED, keys)
export const unwrap = (half, wrapped) => open(half, WRAPPED, wrapped)

// What a passkey gives, split in two.
export const halvesOfPasskey = async (secret) => [await derived(secret, 'passkey/vault'), await derived(secret, 'passkey/keys')]

// A passphrase, stretched (Argon2id, RFC 9106).
export async function stretch(passphrase, salt, { memory, passes, lanes }) {
  await import('/argon2/4.13.0/argon2.js')
  return globalThis.hashwasm.argon2id({
    password: text.encode(passphrase), salt, memorySize: memory, iterations: passes, parallelism: lanes, hashLength: 32, outputType: 'binary',
  })
}

// The same, split in two. The salt of a wallet that is opened by its name comes of that name.
export async function halvesOfPassphrase(passphrase, salt, cost) {
  const stretched = await stretch(passphrase, salt, cost)
  return [await derived(stretched, 'passphrase/vault'), await derived(stretched, 'passphrase/keys')]
}

export async function saltOfName(name) {
  const named = `passport-wallet/passphrase-salt/1\n${location.hostname}\n${name.trim().toLowerCase()}`
  return new Uint8Array(await crypto.subtle.digest('SHA-256', text.encode(named))).subarray(0, 16)
}

// Recovery codes: 32 symbols of Crockford's alphabet in groups of four.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const freshCode = () => random(32).map((byte) => byte & 31)
export const printed = (code) => [...code].map((value) => ALPHABET[value]).join('').match(/.{4}/g).join('-')

export function codeIn(typed) {
  const symbols = typed.replace(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')
  const values = [...symbols].map((symbol) => ALPHABET.indexOf(symbol))
  return values.length === 32 && values.every((value) => value >= 0) ? Uint8Array.from(values) : undefined
}

export async function partsOfCode(code) {
  const locator = await crypto.subtle.digest('SHA-256', await derived(code, 'recovery/locator'))
  const [vault, unsealing] = await Promise.all(['vault-key', 'sealing-key'].map(async (what) => encode(await derived(code, `recovery/${what}`))))
  return { vault, unsealing, keys: await derived(code, 'recovery/keys'), locator: encode(locator) }
}

// The public part of a key of the member's identifier that comes of the code (Ed25519, RFC 8410 §7).
async function publicKeyOfCode(code, index) {
  const seed = await crypto.subtle.importKey('raw', code, 'HKDF', false, ['deriveBits'])
  const info = text.encode(`passport-wallet/recovery/did-key/1/${index}`)
  const bytes = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, seed, 256)
  const pkcs8 = joined([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20], bytes)
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
  return (await crypto.subtle.exportKey('jwk', key)).x
}

export const SEALED_CODE = 'passport-wallet/recovery-code/1'
export const openCode = async (keys, sealed) => printed(await open(keys, SEALED_CODE, sealed))

// What a new wallet begins with: the key of its keys, and the fields that the host gets of it and of the recovery code.
export async function begin(half) {
  const { publicHalf } = await import('/p256.js')
  const [keys, code] = [random(32), freshCode()]
  const parts = await partsOfCode(code)
  const publicKey = publicHalf(decode(parts.unsealing))
  // One code of 2^32 gives no such key.
  if (!publicKey) return begin(half)
  return {
    keys,
    fields: {
      keys: await wrap(half, keys),
      code_key: parts.vault,
      code_locator: parts.locator,
      code_keys: await wrap(parts.keys, keys),
      code_first: await publicKeyOfCode(code, 1),
      code_public: encode(joined(...publicKey)),
      code_sealed: await seal(keys, SEALED_CODE, code),
    },
  }
}

// Whether this browser can do all that.
export async function isAble() {
  try {
    await publicKeyOfCode(new Uint8Array(32), 1)
    return typeof WebAssembly === 'object' && Boolean(navigator.locks)
  } catch {
    return false
  }
}

// Holder keys, sealed; what a key is for is bound to it.
export const SIGNS = { name: 'ECDSA', namedCurve: 'P-256' }
export const AGREES = { name: 'ECDH', namedCurve: 'P-256' }
const forUse = (iv, use) => gcm(iv, `passport-wallet/holder-key/1/${use}`)

export async function sealedKey(keys, use, privateKey) {
  const iv = random(IV)
  return encode(joined(iv, await crypto.subtle.wrapKey('pkcs8', privateKey, keys, forUse(iv, use))))
}

export function openedKey(keys, use, sealed) {
  const bytes = decode(sealed)
  const [algorithm, uses] = use === 'sign' ? [SIGNS, ['sign']] : [AGREES, ['deriveBits']]
  return crypto.subtle.unwrapKey('pkcs8', bytes.subarray(IV), keys, forUse(bytes.subarray(0, IV), use), algorithm, false, uses)
}

// The session: what it gives opens what lies here.
const HERE = 'wallet-keys'
const SESSION = 'passport-wallet/keys-of-session/1'
export const isKept = () => localStorage.getItem(HERE) !== null
// What the member has agreed to at this moment.
export const AGREED = 'wallet-agreed'
export const forget = () => [HERE, AGREED].forEach((name) => localStorage.removeItem(name))

export async function session() {
  const answer = await fetch('/keys/session', { headers: { accept: 'application/json' }, cache: 'no-store' })
  if (!answer.ok) return undefined
  const said = await answer.json()
  if (!said.closed) return said
  forget()
  return undefined
}

export const remember = async ({ key }, keys) => localStorage.setItem(HERE, await seal(decode(key), SESSION, keys))

export async function remembered(of) {
  const here = localStorage.getItem(HERE)
  if (!of || !here) return undefined
  return open(decode(of.key), SESSION, here).catch(() => undefined)
}

// Sends a form whose secrets stay here. Where it opens the wallet, `keysOf` gives the key of its keys, and the page that was asked for comes up; where
// something is wrong, that is said on this page as the host says it.
export async function enter(form, fields, keysOf) {
  const data = new FormData(form)
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  const body = form.enctype === 'multipart/form-data' ? data : new URLSearchParams(data)
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual', cache: 'no-store' })
  if (answer.type === 'opaqueredirect') {
    const of = await session()
    const keys = of && (await Promise.resolve(keysOf(of.wrapped)).catch(() => undefined))
    if (keys) await remember(of, keys)
    const next = new URL(form.dataset.next || body.get('next') || '/', location.href)
    location.assign(next.origin === location.origin ? next : '/')
    return undefined
  }
  return shown(await answer.text())
}

// What the host says is wrong, on this page.
function shown(page) {
  const said = new DOMParser().parseFromString(page, 'text/html')
  const summary = said.querySelector('.summary')
  if (!summary) {
    location.reload()
    return said
  }
  document.querySelector('.summary')?.remove()
  const here = document.importNode(summary, true)
  document.querySelector('h1').after(here)
  here.tabIndex = -1
  here.focus()
  return said
}
