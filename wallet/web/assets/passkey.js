// Passkeys as ways into the wallet. The PRF extension gives the page 32 secret bytes; what is derived of them opens the wallet, and
// they themselves go nowhere (WebAuthn Level 3 §10.1.4).

const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const decode = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (symbol) => symbol.charCodeAt(0))
const random = (length) => crypto.getRandomValues(new Uint8Array(length))

async function derived(secret) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode('passport-wallet/passkey/vault/1')
  return encode(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, key, 256))
}

// Where it is known which passkeys open the wallet, each has its salt; where it is not, the person picks one that was made at this
// host, and it says itself whose wallet it opens. Nobody checks the answer's signature: the challenge is there because it must be.
const ask = ({ known, salt }) =>
  navigator.credentials.get({
    publicKey: {
      challenge: random(32),
      allowCredentials: known.map(({ id }) => ({ type: 'public-key', id: decode(id) })),
      userVerification: 'required',
      extensions: {
        prf: known.length > 0
          ? { evalByCredential: Object.fromEntries(known.map(({ id, salt }) => [id, { first: decode(salt) }])) }
          : { eval: { first: decode(salt) } },
      },
    },
  })

const secretOf = (credential) => credential?.getClientExtensionResults().prf?.results?.first

async function make({ name, salt, known, handle, resident }) {
  const label = `${name}, ${new Date().toLocaleDateString(document.documentElement.lang)}`
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: random(32),
      rp: { name },
      user: { id: handle ? decode(handle) : random(16), name: label, displayName: label },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: resident, userVerification: 'required' },
      excludeCredentials: known.map(({ id }) => ({ type: 'public-key', id: decode(id) })),
      extensions: { prf: { eval: { first: decode(salt) } } },
    },
  })
  // Some give the secret at once, others only when they are used.
  if (secretOf(credential)) return credential
  const used = credential.getClientExtensionResults().prf?.enabled ? await ask({ known: [{ id: credential.id, salt }] }) : credential
  if (!secretOf(used)) await forget(credential)
  return used
}

// A passkey that opens nothing is not left behind, where the browser can say so to whoever keeps it.
async function forget({ id }) {
  try {
    await PublicKeyCredential.signalUnknownCredential?.({ rpId: location.hostname, credentialId: id })
  } catch {
    // Then it stays there, and opens nothing.
  }
}

// Whether there is any use in asking for a passkey; where a browser does not tell, it is tried.
async function canOpenWallets() {
  if (!window.PublicKeyCredential || !navigator.credentials) return false
  const told = await PublicKeyCredential.getClientCapabilities?.().catch(() => undefined)
  return told?.['extension:prf'] !== false
}

// Where a passkey does not help, the other way is opened.
function showTheOtherWay() {
  const instead = document.getElementById('passphrase-instead')
  if (instead) instead.open = true
}

// At a host the keys of the wallet are used in this browser: what opens them is split off here and goes nowhere (decision 0028).
async function atHost(form, id, secret) {
  const keys = await import('/keys.js')
  const [, half] = await keys.halvesOfPasskey(secret)
  const unwrapped = ({ passkeys }) => keys.unwrap(half, passkeys[id])
  if (form.dataset.unlock) return keys.enter(form, {}, unwrapped)
  if (form.dataset.make) {
    const said = await keys.enter(form, (await keys.begin(half)).fields, unwrapped)
    return said && forget({ id })
  }
  if (form.dataset.bring) {
    const { brought } = await import('/files.js')
    try {
      const said = await keys.enter(form, await brought(form, half), unwrapped)
      return said && forget({ id })
    } catch (problem) {
      await forget({ id })
      throw problem
    }
  }
  const here = await keys.remembered(await keys.session())
  if (!here) throw Object.assign(new Error('no keys here'), { sentence: form.dataset.anew })
  form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'keys', value: await keys.wrap(half, here) }))
  return form.submit()
}

function work(form, credentialOf, [button, trigger] = [form.querySelector('button'), 'submit'], isReady = () => true) {
  const said = form.querySelector('[data-said]')
  let isUnderWay = false
  const started = trigger === 'submit' ? form : button
  started.addEventListener(trigger, async (event) => {
    event.preventDefault()
    if (isUnderWay || !isReady()) return
    isUnderWay = true
    said.textContent = ''
    button.setAttribute('aria-busy', 'true')
    try {
      const credential = await credentialOf()
      const secret = secretOf(credential)
      if (!secret) throw Object.assign(new Error('no secret'), { sentence: form.dataset.noPrf })
      const { handle, credential: named, key } = form.elements
      const user = credential.response.userHandle
      if (handle && user) handle.value = encode(user)
      named.value = credential.id
      key.value = await derived(secret)
      if (form.dataset.keys === undefined) return form.submit()
      await atHost(form, credential.id, secret)
    } catch (problem) {
      said.textContent = problem.sentence ?? form.dataset.failed
      showTheOtherWay()
    } finally {
      isUnderWay = false
      button.removeAttribute('aria-busy')
    }
  })
  if (form.dataset.none) {
    canOpenWallets().then((can) => {
      if (can) return
      button.hidden = true
      form.querySelector('[data-how]')?.remove()
      said.textContent = form.dataset.none
      showTheOtherWay()
    })
  }
}

for (const form of document.querySelectorAll('form[data-unlock]')) work(form, () => ask(JSON.parse(form.dataset.unlock)))
for (const form of document.querySelectorAll('form[data-add]')) work(form, () => make(JSON.parse(form.dataset.add)))
for (const form of document.querySelectorAll('form[data-bring]')) {
  const button = form.querySelector('[data-by-passkey]')
  button.hidden = false
  const isReady = () => ['file', 'words'].every((name) => form.elements[name].reportValidity())
  work(form, () => make(JSON.parse(form.dataset.bring)), [button, 'click'], isReady)
}
for (const form of document.querySelectorAll('form[data-make]')) {
  work(form, () => make(JSON.parse(form.dataset.make)))
  // No wallet came of it: what was made for it is not left behind.
  if (form.dataset.forget) forget({ id: form.dataset.forget })
}
