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

// An answer goes at once; what is done at a space by itself goes later.
function agree(all) {
  const added = all.map((one) => ({ ...one, until: Date.now() + (one.nonce ? MINUTES : DAYS) }))
  localStorage.setItem(AGREED, JSON.stringify([...agreed(), ...added]))
}

// What is sent later outlasts a lock of the wallet, sealed under the keys.
let key
let lasting = []

async function takeUp() {
  const all = agreed()
  const later = all.filter(({ nonce }) => !nonce)
  if (later.length === 0) return
  lasting = fresh([...lasting, ...later])
  localStorage.setItem(SEALED, await seal(key, CONTEXT, text.encode(JSON.stringify(lasting))))
  localStorage.setItem(AGREED, JSON.stringify(all.filter(({ nonce }) => nonce)))
}

export async function recall(raw) {
  key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const sealed = localStorage.getItem(SEALED)
  const plain = sealed && (await open(key, CONTEXT, sealed).catch(() => undefined))
  lasting = plain ? fresh(JSON.parse(new TextDecoder().decode(plain))) : []
  await takeUp()
}

// What an answer may show: the ways that are ticked in its form, each with the paths of its claims; who may see what, and until when.
function chosenIn(form, question) {
  const ways = JSON.parse(form.querySelector('[data-ways]').dataset.ways)
  const fields = [...new FormData(form)].filter(([, value]) => value !== '')
  const claims = fields.flatMap(([name, value]) => (Object.hasOwn(ways, name) ? (ways[name][value] ?? []) : []))
  const seen = fields.filter(([name, value]) => name.startsWith('seen-') && value !== 'team').map(([name, value]) => [name.slice(5), value])
  const end = fields.find(([name]) => name === 'until')
  return { ...question, claims, seen: Object.fromEntries(seen), end: end && Date.parse(end[1]) / 1000 }
}

// The button that shares or sends was pressed; other buttons of the form agree to nothing.
addEventListener('submit', (event) => {
  const { submitter, target } = event
  if (!event.isTrusted || event.defaultPrevented) return
  const { approves, calls } = target.dataset
  if (calls && submitter?.value !== 'cancel') agree([{ calls: JSON.parse(calls) }])
  if (!approves || submitter?.dataset.guarded === undefined) return
  if (submitter.name === '' || submitter.value === 'share') agree(JSON.parse(approves).map((one) => (one.nonce ? chosenIn(target, one) : one)))
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

// The paths of what is disclosed of a credential (RFC 9901 §4.2), its names joined by dots; none where something hangs at nothing of it.
async function pathsIn(claims, disclosures) {
  const by = new Map(await Promise.all(disclosures.map(async (one) => [await digest(text.encode(one)), parsed(one)])))
  const paths = []
  let hanging = 0
  const shown = (hash) => {
    const one = by.get(hash)
    if (one) hanging += 1
    return one
  }
  const walk = (node, at) => {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const one of node) walk(typeof one?.['...'] === 'string' ? shown(one['...'])?.[1] : one, at)
      return
    }
    for (const [name, value] of Object.entries(node)) if (name !== '_sd') walk(value, `${at}${name}.`)
    for (const one of (node._sd ?? []).map(shown).filter(Boolean)) {
      paths.push(`${at}${one[1]}`)
      walk(one[2], `${at}${one[1]}.`)
    }
  }
  walk(claims, '')
  return hanging === disclosures.length ? paths : undefined
}

// Whether a path is that of a claim that was agreed to, lies within it, or has to be opened to get there.
const isWithin = (path, claim) => path === claim || path.startsWith(`${claim}.`)
const leadsTo = (path, claim) => isWithin(path, claim) || claim.startsWith(`${path}.`)

// What the member says of who sees it, and until when, is what stood in the form.
const WIRE = { members: 'members-here' }
function isAsChosen(disclosures, { seen = {}, end }) {
  const said = Object.fromEntries(disclosures.map(parsed).map(([, name, value]) => [name, value]))
  const audiences = Object.entries(said.audiences ?? {})
  return audiences.every(([claim, audience]) => Object.hasOwn(seen, claim) && (WIRE[seen[claim]] ?? seen[claim]) === audience) && (said.until ?? end) === end
}

export async function mayShow({ aud, nonce, sd_hash: hash }, shows) {
  if (!shows || (await digest(text.encode(shows.presented))) !== hash) return false
  await takeUp()
  const all = [...agreed(), ...fresh(lasting)]
  const [credential, ...disclosures] = shows.presented.split('~').filter(Boolean)
  const said = parsed(credential.split('.')[1])
  const paths = await pathsIn(said, disclosures)
  if (!paths) return false
  const question = all.findLast((one) => one.nonce === nonce && one.audience === aud)
  if (question) {
    if (said.vct === TERMS) return isAsChosen(disclosures, question)
    return paths.every((path) => question.claims.some((claim) => leadsTo(path, claim)))
  }
  const party = await asker(aud, shows.certificate)
  if (!party) return false
  if (issuer(credential) === party) return true
  const changes = all.filter(({ did }) => did === party)
  if (said.vct === TERMS) return changes.length > 0 && isAsChosen(disclosures, {})
  // That very detail, and nothing beside it: a credential of which nothing is disclosed says something all the same.
  return changes.some(({ claim }) => paths.some((path) => isWithin(path, claim)) && paths.every((path) => leadsTo(path, claim)))
}

// Whether the member had this done at a space, by a button of its page: it is called by the address of its API (specs/member-api.md §2).
export async function mayCall(address) {
  await takeUp()
  const { origin, pathname } = new URL(address)
  return [...agreed(), ...fresh(lasting)].some(({ calls }) => calls?.at === origin && pathname.endsWith(`/${calls.path}`))
}
