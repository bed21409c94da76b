// Files of a wallet at a host (specs/wallet-export.md, decision 0028). The passphrase of a file is stretched here, and the host gets the key of what is in it; what
// opens the holder keys goes along wrapped by the other half. A file that is brought along is opened here, and the keys in it are sealed before the host sees it.
import { AGREES, SEALED_CODE, SIGNS, codeIn, decode, derived, encode, open, partsOfCode, random, remembered, seal, sealedKey, session, stretch, unwrap, wrap } from '/keys.js'
import { publicHalf } from '/p256.js'

const text = new TextEncoder()
const BY_PASSPHRASE = 'passport-wallet-file/wrapped-by-passphrase/1'
const problem = (form, key) => Object.assign(new Error(key), { sentence: form.dataset[key] })
const halfForKeys = (stretched) => derived(stretched, 'file/keys')

// The fields that the host gets of a file that it is to write.
export async function begun(form) {
  const { passphrase, again } = form.elements
  if (passphrase.value !== again.value) throw problem(form, 'differ')
  const { cost } = JSON.parse(form.dataset.keys)
  const [salt, key] = [random(16), random(32)]
  const stretched = await stretch(passphrase.value, salt, cost)
  const fields = { file_key: encode(key), file_salt: encode(salt), file_wrapped: await seal(stretched, BY_PASSPHRASE, key) }
  if (form.dataset.holderKeys === undefined) return fields
  const keys = await remembered(await session())
  if (!keys) throw problem(form, 'anew')
  return { ...fields, file_keys: await wrap(await halfForKeys(stretched), keys) }
}

// ---- The form of a file.
const CHUNK = 16400
const MAGIC = 'passport-wallet-file 1\n'

function partsOf(bytes) {
  const first = new TextDecoder().decode(bytes.subarray(0, MAGIC.length))
  const end = bytes.indexOf(10, MAGIC.length)
  if (first !== MAGIC || end < 0) return undefined
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(MAGIC.length, end))), lines: bytes.slice(0, end + 1), chunks: bytes.subarray(end + 1) }
}

// ECDH-ES on P-256 with A256GCM, and nothing else (RFC 7518 §4.6).
async function openedByCode(token, secret) {
  const [header, , iv, ciphertext, tag] = token.split('.')
  const { epk } = JSON.parse(new TextDecoder().decode(decode(header)))
  const [x, y] = publicHalf(secret).map(encode)
  const own = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y, d: encode(secret) }, AGREES, false, ['deriveBits'])
  const theirs = await crypto.subtle.importKey('jwk', epk, AGREES, false, [])
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own, 256))
  const long = (value) => [0, 0, value >> 8, value & 255]
  const about = [...long(7), ...text.encode('A256GCM'), ...long(0), ...long(0), ...long(256)]
  const raw = await crypto.subtle.digest('SHA-256', Uint8Array.from([...long(1), ...shared, ...about]))
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
  const algorithm = { name: 'AES-GCM', iv: decode(iv), additionalData: text.encode(header) }
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, Uint8Array.from([...decode(ciphertext), ...decode(tag)])))
}

// The key of a file, and what its holder keys are sealed under, by what was typed.
async function keysOf({ header }, words) {
  const code = codeIn(words)
  if (code && header.recovery) {
    const parts = await partsOfCode(code)
    try {
      const key = await openedByCode(header.recovery, decode(parts.unsealing))
      return { key, code: parts, keys: header.keys && (await unwrap(parts.keys, header.keys.recovery)) }
    } catch {
      // Then it is a passphrase that reads like a code.
    }
  }
  const { salt, cost, wrapped } = header.passphrase
  const stretched = await stretch(words, decode(salt), cost)
  const key = await open(stretched, BY_PASSPHRASE, wrapped)
  return { key, keys: header.keys && (await unwrap(await halfForKeys(stretched), header.keys.passphrase)) }
}

// Chunks, each bound to the lines before, its number and whether it is the last.
async function chunked(lines, key, uses, count) {
  const content = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey'])
  const info = text.encode('passport-wallet-file/content/1')
  const by = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, content, { name: 'AES-GCM', length: 256 }, false, uses)
  const bound = new Uint8Array(await crypto.subtle.digest('SHA-256', lines))
  return (number) => {
    const place = new Uint8Array(9)
    new DataView(place.buffer).setUint32(4, number)
    place[8] = number + 1 === count ? 1 : 0
    return [{ name: 'AES-GCM', iv: Uint8Array.from([0, 0, 0, ...place]), additionalData: Uint8Array.from([...bound, ...place]) }, by]
  }
}

async function contentOf({ lines, chunks }, key) {
  const count = Math.ceil(chunks.length / CHUNK)
  const at = await chunked(lines, key, ['decrypt'], count)
  const whole = new Uint8Array(count * (CHUNK - 16))
  for (let number = 0; number < count; number += 1) {
    const plain = await crypto.subtle.decrypt(...at(number), chunks.subarray(number * CHUNK, (number + 1) * CHUNK))
    whole.set(new Uint8Array(plain), number * (CHUNK - 16))
  }
  return whole
}

async function fileOf(lines, key, content) {
  const size = CHUNK - 16
  const count = Math.max(1, Math.ceil(content.length / size))
  const at = await chunked(lines, key, ['encrypt'], count)
  const parts = [lines]
  for (let number = 0; number < count; number += 1) {
    const plain = new Uint8Array(size)
    plain.set(content.subarray(number * size, (number + 1) * size))
    parts.push(await crypto.subtle.encrypt(...at(number), plain))
  }
  return new Blob(parts)
}

// The records of a content: kind, name and content, each with its length in front.
function* recordsIn(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  for (let place = 0; content[place] !== 0; ) {
    const from = place
    const kind = new TextDecoder().decode(content.subarray(place + 1, place + 1 + content[place]))
    place += 1 + content[place]
    place += 2 + view.getUint16(place)
    const [head, length] = [place, view.getUint32(place)]
    place += 4 + length
    yield { kind, before: content.subarray(from, head), json: content.subarray(head + 4, place) }
  }
}

// The members of records in which keys lie (wallet/src/carrying/holder_keys.rs). What others wrote may read like a key, and is none.
const PLACES = ['dpop_key', 'key', 'keys', 'mailbox', 'read', 'seal', 'sign', 'unanswered']
const isPrivate = (key) => key?.kty === 'EC' && typeof key.d === 'string'
function privateKeyIn(value) {
  if (!value.startsWith('{')) return undefined
  try {
    const key = JSON.parse(value)
    return isPrivate(key) ? key : undefined
  } catch {
    return undefined
  }
}

async function closedKey({ d, ...open }, keys) {
  const [use, algorithm, uses] = open.use === 'enc' ? ['open', AGREES, ['deriveBits']] : ['sign', SIGNS, ['sign']]
  const { kty, crv, x, y } = open
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, algorithm, true, uses)
  return { public: open, sealed: await sealedKey(keys, use, key) }
}

// Seals every key in a value, which is the list of a place of keys or not; whether there was any.
async function close(value, keys, isPlace = false) {
  let found = false
  for (const [name, one] of Object.entries(value)) {
    const isHere = Array.isArray(value) ? isPlace : PLACES.includes(name)
    const key = isHere && typeof one === 'string' ? privateKeyIn(one) : undefined
    if (key) value[name] = await closedKey(key, keys)
    const isInside = one !== null && typeof one === 'object' && (await close(one, keys, isHere))
    found ||= Boolean(key) || isInside
  }
  return found
}

// A content of one's own machine, with its keys sealed under new ones; and the recovery code, if it lies in there.
async function closedContent(content, raw) {
  const keys = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['wrapKey'])
  const parts = []
  let code
  for (const { kind, before, json } of recordsIn(content)) {
    const record = JSON.parse(new TextDecoder().decode(json))
    let isChanged = await close(record, keys)
    if (kind === 'unproven-recovery-code' && typeof record.code === 'string') {
      code = codeIn(record.code)
      record.code = { sealed: await seal(raw, SEALED_CODE, code) }
      isChanged = true
    }
    const written = isChanged ? text.encode(JSON.stringify(record)) : json
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, written.length)
    parts.push(before, length, written)
  }
  parts.push(Uint8Array.of(0))
  return { content: new Uint8Array(await new Blob(parts).arrayBuffer()), code: code && (await partsOfCode(code)) }
}

// A file that is brought along, as the host gets it: what opens its content, and what stands beside the ways in.
export async function brought(form, half) {
  const file = form.elements.file.files[0]
  const bytes = new Uint8Array(await file.arrayBuffer())
  let parts
  try {
    parts = partsOf(bytes)
  } catch {
    throw problem(form, 'damaged')
  }
  if (!parts) throw problem(form, 'noSuchFile')
  if (parts.header.kind !== 'wallet') throw problem(form, 'history')
  const opened = await keysOf(parts, form.elements.words.value).catch(() => { throw problem(form, 'wrongWords') })
  if (opened.keys) return { file, file_key: encode(opened.key), keys: await wrap(half, opened.keys) }
  const [keys, key] = [random(32), random(32)]
  const content = await contentOf(parts, opened.key).catch(() => { throw problem(form, 'damaged') })
  const rewritten = await closedContent(content, keys)
  const code = opened.code ?? rewritten.code
  if (!code) throw problem(form, 'codeNeeded')
  return { file: await fileOf(parts.lines, key, rewritten.content), file_key: encode(key), keys: await wrap(half, keys), code_keys: await wrap(code.keys, keys) }
}
