// The forms of a host's pages in which a passphrase or a recovery code is typed: what is typed stays in the browser, and what the host gets
// opens the wallet and none of its keys (decision 0028).
import { begin, codeIn, decode, encode, enter, halvesOfPassphrase, isAble, isKept, openCode, partsOfCode, remembered, saltOfName, session, unwrap, wrap } from '/keys.js'

const forms = [...document.querySelectorAll('form[data-keys]')]
const told = (form) => JSON.parse(form.dataset.keys || '{}')
// What is typed as a secret is found by its identifier: it has no name, so that no browser sends it.
const typed = (form, name) => form.elements[name]?.value ?? ''
const problem = (form, key) => Object.assign(new Error(key), { sentence: form.dataset[key] })

// The halves of a passphrase that opens this wallet, or the one of this name.
async function opening(form, passphrase) {
  const { salt, cost } = told(form)
  const salted = salt ? decode(salt) : await saltOfName(typed(form, 'name'))
  const [vault, keys] = await halvesOfPassphrase(passphrase, salted, cost)
  return { fields: { stretched: encode(vault), salt: encode(salted) }, half: keys }
}

// A passphrase that is chosen: its salt comes of the name, by which the wallet is found.
async function choosing(form, passphrase) {
  const [salt, { cost }] = [await saltOfName(typed(form, 'name')), told(form)]
  const [vault, keys] = await halvesOfPassphrase(passphrase, salt, cost)
  return { fields: { stretched: encode(vault), salt: encode(salt) }, half: keys }
}

const ACTIONS = {
  async '/unlock'(form) {
    const { fields, half } = await opening(form, typed(form, 'passphrase'))
    await enter(form, fields, ({ passphrase }) => unwrap(half, passphrase))
  },
  async '/make'(form) {
    const { fields, half } = await choosing(form, typed(form, 'passphrase'))
    await enter(form, { ...fields, ...(await begin(half)).fields }, ({ passphrase }) => unwrap(half, passphrase))
  },
  async '/ways/passphrase'(form) {
    if (typed(form, 'passphrase') !== typed(form, 'again')) throw problem(form, 'differ')
    const keys = await remembered(await session())
    if (!keys) throw problem(form, 'anew')
    const body = {}
    const old = typed(form, 'old')
    const code = codeIn(old)
    if (code) {
      const { vault, unsealing } = await partsOfCode(code)
      Object.assign(body, { old_code: vault, old_code_unsealing: unsealing })
    } else if (old) body.old = (await opening(form, old)).fields.stretched
    const { fields, half } = await choosing(form, typed(form, 'passphrase'))
    send(form, { ...body, ...fields, keys: await wrap(half, keys) })
  },
  async '/unlock/recovery'(form) {
    const code = codeIn(typed(form, 'code'))
    if (!code) throw problem(form, 'malformed')
    const { vault, unsealing, keys, locator } = await partsOfCode(code)
    await enter(form, { code_key: vault, code_unsealing: unsealing, code_locator: locator }, ({ recovery_code: wrapped }) => unwrap(keys, wrapped))
  },
  async '/ways/recovery'(form) {
    const code = codeIn(typed(form, 'code'))
    if (!code) throw problem(form, 'malformed')
    const { vault, unsealing } = await partsOfCode(code)
    send(form, { code_key: vault, code_unsealing: unsealing })
  },
  async '/make/bring'(form) {
    const { brought } = await import('/files.js')
    const { fields, half } = await choosing(form, typed(form, 'passphrase'))
    await enter(form, { ...fields, ...(await brought(form, half)) }, ({ passphrase }) => unwrap(half, passphrase))
  },
}

// The form as it is sent: what is typed as a secret has no name and stays here; what was made of it goes.
function send(form, fields) {
  const sent = document.createElement('form')
  Object.assign(sent, { method: 'post', action: form.action, hidden: true })
  const body = new FormData(form)
  for (const [name, value] of [...body, ...Object.entries(fields)]) {
    sent.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
  }
  document.body.append(sent)
  sent.submit()
}

function work(form, action) {
  const said = form.querySelector('[data-said]')
  const button = form.querySelector('button[type="submit"]')
  let isUnderWay = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isUnderWay) return
    isUnderWay = true
    said.textContent = ''
    button.setAttribute('aria-busy', 'true')
    try {
      await action(form)
    } catch (error) {
      said.textContent = error.sentence ?? form.dataset.failed
    } finally {
      isUnderWay = false
      button.removeAttribute('aria-busy')
    }
  })
}

for (const form of forms) {
  const action = ACTIONS[new URL(form.action).pathname]
  if (action) work(form, action)
}

// Where the wallet is locked, nothing of its keys stays here; asked for its session, it is found out whether it is.
if (document.querySelector('[data-locked]') && isKept()) session()

// A browser that cannot hold the keys says so before anything is typed.
isAble().then((is) => {
  const none = document.querySelector('[data-no-keys]')
  if (is || !none) return
  none.hidden = false
  for (const form of forms) for (const button of form.querySelectorAll('button')) button.disabled = true
})

// The recovery code, which the host keeps and cannot read.
const output = document.querySelector('output[data-sealed]')
if (output) {
  session().then(remembered).then((keys) => openCode(keys, output.dataset.sealed)).then(
    (code) => { output.textContent = code },
    () => { output.textContent = output.dataset.anew },
  )
}
