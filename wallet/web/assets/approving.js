// What the member of a wallet at a host has agreed to show, by pressing a button on its page, and whether something that is to be shown is that (decision 0028). The host
// asks for signatures; a key binding is given for an answer that was agreed to, for a credential that goes back to whoever issued it, and for nothing else.
import { AGREED, decode, encode, open, seal } from '/keys.js'

const SEALED = 'wallet-agreed-sealed'
const CONTEXT = 'passport-wallet/agreed/1'
const MINUTES = 10 * 60_000
// Changes go out one after the other within half a day, and are tried again where a space is not there.
const DAYS = 7 * 24 * 60 * 60_000
const TERMS = 'urn:passport-network:terms:1'
const text = new TextEncoder()
const parsed = (part) => JSON.parse(new TextDecoder().decode(decode(part)))

const fresh = (all) => all.filter(({ until }) => until > Date.now()).slice(-100)
const agreed = () => fresh(JSON.parse(localStorage.getItem(AGREED) ?? '[]'))

function agree(all) {
  const added = all.map((one) => ({ ...one, until: Date.now() + (one.nonce ? MINUTES : DAYS) }))
  localStorage.setItem(AGREED, JSON.stringify([...agreed(), ...added]))
}

// What is sent later outlasts a lock of the wallet, sealed under the keys.
let key
let lasting = []

async function takeUp() {
  const all = agreed()
  const later = all.filter(({ did }) => did)
  if (later.length === 0) return
  lasting = fresh([...lasting, ...later])
  localStorage.setItem(SEALED, await seal(key, CONTEXT, text.encode(JSON.stringify(lasting))))
  localStorage.setItem(AGREED, JSON.stringify(all.filter(({ did }) => !did)))
}

export async function recall(raw) {
  key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const sealed = localStorage.getItem(SEALED)
  const plain = sealed && (await open(key, CONTEXT, sealed).catch(() => undefined))
  lasting = plain ? fresh(JSON.parse(new TextDecoder().decode(plain))) : []
  await takeUp()
}

// The button that shares or sends was pressed; other buttons of the form agree to nothing.
addEventListener('submit', (event) => {
  const { submitter, target } = event
  if (!event.isTrusted || event.defaultPrevented || !target.dataset.approves || submitter?.dataset.guarded === undefined) return
  if (submitter.name === '' || submitter.value === 'share') agree(JSON.parse(target.dataset.approves))
})

// The DID in a certificate: a name of the kind URI (RFC 5280 §4.2.1.6).
function didIn(certificate) {
  for (let at = 0; at < certificate.length - 6; at += 1) {
    const [head, length] = certificate[at + 1] === 0x81 ? [3, certificate[at + 2]] : [2, certificate[at + 1]]
    const name = certificate[at] === 0x86 ? new TextDecoder().decode(certificate.subarray(at + head, at + head + length)) : ''
    if (name.startsWith('did:')) return name
  }
  return undefined
}

const digest = async (bytes) => encode(await crypto.subtle.digest('SHA-256', bytes))

// Whoever asks: its name is its DID, or the hash of its certificate (OpenID4VP 1.0 §5.9.3).
async function asker(aud, certificate) {
  const [kind, name] = [aud.slice(0, aud.indexOf(':')), aud.slice(aud.indexOf(':') + 1)]
  if (kind === 'decentralized_identifier') return name
  if (kind !== 'x509_hash' || !certificate) return undefined
  return (await digest(decode(certificate))) === name ? didIn(decode(certificate)) : undefined
}

// Whoever signed a credential.
function issuer(credential) {
  const [header, claims] = credential.split('.').slice(0, 2).map(parsed)
  if (header.x5c) return didIn(Uint8Array.from(atob(header.x5c[0]), (symbol) => symbol.charCodeAt(0)))
  return claims.iss
}

// The names of what is disclosed.
const namesIn = (disclosures) => disclosures.map(parsed).filter((one) => one.length === 3).map(([, name]) => name)

export async function mayShow({ aud, nonce, sd_hash: hash }, shows) {
  if (!shows || (await digest(text.encode(shows.presented))) !== hash) return false
  await takeUp()
  const all = [...agreed(), ...fresh(lasting)]
  if (all.some((one) => one.nonce === nonce && one.audience === aud)) return true
  const party = await asker(aud, shows.certificate)
  if (!party) return false
  const [credential, ...disclosures] = shows.presented.split('~').filter(Boolean)
  if (issuer(credential) === party) return true
  const { vct } = parsed(credential.split('.')[1])
  const names = namesIn(disclosures)
  return all.some(({ did, claim }) => did === party && (vct === TERMS || names.every((name) => claim.split('.').includes(name))))
}
