// The API of a space against its own description: schemathesis (PyPI) makes good and bad requests of the document that the space serves, and
// judges every answer.                                    last line: 'N passed, N failed[, N skipped]'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeMember } from '../../browser/lib/member.mjs'
import { answerOf, binary, passport, startNetwork, unavailable } from '../lib/passport.mjs'
import { numbered } from '../lib/number.mjs'
import { Report, equal, truthy } from '../lib/report.mjs'
import { call } from './call.mjs'
import { judge } from './schemathesis.mjs'

const FORM = 'by-program'
const EMAIL = 'canary-api@example.org'
// A key may ask 600 times a minute, and the judge is quicker.
const KEYS = 12
const report = new Report()
const problem = await unavailable()

async function space(network) {
  const data = join(network.dir, 'data')
  const origin = `http://kiln-north.localhost:${network.port}`
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', data])
  const form = await team('form', 'show', 'kiln-north', 'sign-up')
  const file = join(network.dir, 'form.json')
  const fields = [{ claim: 'email', need: 'required', source: 'own' }, { claim: 'company', need: 'optional', source: 'own' }]
  writeFileSync(file, JSON.stringify({ ...form, id: FORM, approval: 'elsewhere', fields, passport: null, membership: null }))
  await team('form', 'set', 'kiln-north', file)
  const key = async (name, ...scopes) =>
    (await team('key', 'make', 'kiln-north', '--name', name, ...scopes.flatMap((scope) => ['--scope', scope]))).key
  const at = (path, key, { method, body, ...headers } = {}) => call(`${origin}${path}`, { method, key, body, headers })
  return { network, origin, team, key, call: at }
}

// Somebody signs up from a wallet, without a screen.
async function signUp({ network }, name) {
  const { store, terminal } = await makeMember(network, name)
  await terminal('own', 'set', 'email', EMAIL)
  await terminal('own', 'set', 'company', 'Canary Felt Works')
  const { request_uri: link } = await network.request({ space: 'kiln-north', form: FORM })
  const { code, stderr } = await passport([binary, 'wallet', 'present', link, '--store', store, '--yes'])
  if (code !== 0) throw new Error(`passport wallet present ended with ${code}: ${stderr.trim().slice(-300)}`)
}

// Every operation of the served document, with its scope.
function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), scope: operation.security[0].key[0] })))
}

async function checks(here, log) {
  const { call, key, origin, network } = here
  const { members } = JSON.parse(readFileSync(join(network.dir, 'data', 'operator', 'operator.json')))
  const number = numbered(`${Object.values(members).find((member) => member.number_prefix).number_prefix}KEYTEST0`.slice(0, 12))
  const document = (await call('/api/openapi.json')).json()
  const operations = operationsOf(document)
  const scopes = [...new Set(operations.map(({ scope }) => scope))]
  const keys = []
  for (let place = 0; place < KEYS; place++) keys.push(await key(`judge ${place}`, ...scopes))
  const [all] = keys

  await report.check('every operation opens to its own scope and to no other', async () => {
    for (const scope of scopes) {
      const own = await key(`only ${scope.replace(':', '-')}`, scope)
      for (const operation of operations) {
        const path = operation.path.replace(/\{[a-z]+\}/, 'AAAAAAAAAAAAAAAAAAAAAA')
        const body = operation.method === 'POST' ? {} : undefined
        const answered = await call(path, own, { method: operation.method, body })
        const what = `${operation.method} ${operation.path} with ${scope}`
        if (operation.scope === scope) truthy(![401, 403].includes(answered.status), `${what}: ${answered.status}`)
        else {
          equal(answered.status, 403, what)
          equal(answered.headers['www-authenticate'], `Bearer error="insufficient_scope", scope="${operation.scope}"`, what)
        }
      }
    }
  })

  const ids = []
  await report.check('a program sees who signed up, looks, decides, and ends a membership', async () => {
    for (const name of ['one', 'two', 'three']) await signUp(here, name)
    const { sign_ups: waiting } = (await call('/api/v1/sign-ups', all)).json()
    equal(waiting.map(({ waits_for }) => waits_for), ['elsewhere', 'elsewhere', 'elsewhere'], 'what waits')
    const [first, second, third] = waiting.map(({ id }) => id)
    const listed = (await call('/api/v1/contacts', all)).text
    truthy(!listed.includes(EMAIL), 'a value in a list')
    const values = (await call(`/api/v1/sign-ups/${first}/values`, all)).json()
    equal(values.given.find(({ claim }) => claim === 'email').value, EMAIL, 'the value')
    const decide = (id, outcome) => call(`/api/v1/sign-ups/${id}/decision`, all, { method: 'POST', body: { outcome } })
    const approved = (await decide(first, 'approved')).json()
    equal((await decide(first, 'approved')).json(), approved, 'the same again')
    equal((await decide(first, 'declined')).status, 409, 'another decision')
    equal((await decide(second, 'declined')).status, 200, 'declined')
    const offered = await call(`/api/v1/memberships/${approved.membership}/offer`, all, { method: 'POST' })
    truthy([200, 409].includes(offered.status) && !offered.text.includes('openid-credential-offer'), `offered: ${offered.status} ${offered.text}`)
    equal((await call(`/api/v1/contacts/${second}/values`, all)).status, 404, 'what is erased')
    ids.push(first, second, third, approved.membership)
  })

  await report.check('an invitation is made once under one Idempotency-Key', async () => {
    const invite = (email) => call('/api/v1/invitations', all, { method: 'POST', body: { email }, 'idempotency-key': 'order-1' })
    const made = await invite('once@example.org')
    equal(made.status, 201, 'made')
    const { id } = made.json()
    equal(((await invite('once@example.org')).json()).id, id, 'the same again')
    equal((await invite('other@example.org')).status, 422, 'another')
    // Nobody has it.
    const byNumber = await call('/api/v1/invitations', all, { method: 'POST', body: { number } })
    equal(byNumber.status, 201, 'by number')
    truthy(!byNumber.text.includes(number), 'a number in an answer')
    ids.push(id)
  })

  const folder = join(network.dir, 'judge')
  mkdirSync(folder)
  const judged = await judge({ folder, origin, keys, ids, form: FORM })
  if (judged.missing) report.missing('schemathesis', judged.missing)
  else {
    await report.check(`schemathesis finds nothing wrong (${judged.summary})`, async () => truthy(judged.clean, judged.output))
    console.log(`# ${JSON.stringify(judged.answers)}`)
    await report.check('schemathesis tried every operation, and got further than the door', async () => {
      // What it ends it cannot look at or offer any more: both were done above.
      const ended = ['GET /api/v1/sign-ups/{id}/values', 'POST /api/v1/memberships/{sub}/offer']
      equal(judged.untried.filter((name) => !ended.includes(name)), [], 'operations without an answer of 2xx')
      truthy(judged.calls > 1000, `${judged.calls} calls`)
    })
  }

  await report.check('a key that is revoked is shut out at once', async () => {
    equal((await call('/api/v1/forms', all)).status, 200, 'before')
    await here.team('key', 'revoke', 'kiln-north', '--name', 'judge 0')
    equal((await call('/api/v1/forms', all)).status, 401, 'after')
  })

  await report.check('no value and no key is in the log, at its most talkative', async () => {
    const text = log()
    truthy(text.length > 1000, 'there is hardly a log')
    for (const canary of [EMAIL, 'Canary Felt Works', 'once@example.org', 'order-1', number, ...keys]) truthy(!text.includes(canary), `${canary} is in the log`)
  })
}

if (problem) report.missing('the API', problem)
else {
  process.env.PASSPORT_LOG = 'debug'
  const log = []
  const network = await startNetwork({ heard: (part) => log.push(part) })
  try {
    await checks(await space(network), () => log.join(''))
  } catch (error) {
    await report.check('set up', () => Promise.reject(error))
  } finally {
    await network.close()
  }
}
process.exit(report.end())
