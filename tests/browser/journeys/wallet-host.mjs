// Members at one host, each with a wallet of their own: two browsers at once, a second device, and another wallet in one browser.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, serveWallet, walletPassphrase } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'

export const title = 'Wallets at a host'

// Everything that a process may write to, as it is at this moment: whether one of these is in it.
function isInMemory(process, wanted) {
  const memory = openSync(`/proc/${process}/mem`)
  try {
    const ranges = readFileSync(`/proc/${process}/maps`, 'utf8').split('\n').filter((line) => / rw/.test(line))
    return ranges.some((line) => {
      const [from, to] = line.split(' ')[0].split('-').map((text) => parseInt(text, 16))
      const bytes = Buffer.alloc(to - from)
      try {
        readSync(memory, bytes, 0, bytes.length, from)
      } catch {
        return false
      }
      return wanted.some((one) => bytes.includes(one))
    })
  } finally {
    closeSync(memory)
  }
}

// The private keys that a page makes, told to the test: nobody else is told them.
async function watchKeys(page) {
  const made = []
  await page.exposeFunction('keyMade', (d) => made.push(d))
  await page.addInitScript(() => {
    const { generateKey } = SubtleCrypto.prototype
    SubtleCrypto.prototype.generateKey = async function (...asked) {
      const pair = await generateKey.apply(this, asked)
      window.keyMade((await this.exportKey('jwk', pair.privateKey)).d)
      return pair
    }
  })
  return made
}

// What the host asks this page to do from now on.
async function watchJobs(page) {
  const jobs = []
  await page.exposeFunction('jobAsked', (job) => jobs.push(job))
  await page.addInitScript(() => {
    const { fetch } = window
    window.fetch = async (...asked) => {
      const answer = await fetch(...asked)
      if (asked[0] === '/keys/next' && answer.status === 200) window.jobAsked(await answer.clone().json())
      return answer
    }
  })
  return jobs
}

// What the page answers to a host that asks for this; whatever else it is asked goes its way.
let lastJob = 1_000_000
async function answerTo(page, url, about) {
  lastJob += 1
  const job = lastJob
  let told
  const answered = new Promise((resolve) => { told = resolve })
  const done = (route) => {
    const fields = new URLSearchParams(route.request().postData())
    if (fields.get('job') !== String(job)) return route.continue().catch(() => {})
    told(JSON.parse(fields.get('answer')))
    return route.fulfill({ json: { taken: false } }).catch(() => {})
  }
  await page.route('**/keys/done', done)
  // The page that is left may take it along with it: it is asked until it is answered.
  const next = (route) => route.fulfill({ json: { job, deed: 'sign', about } }).catch(() => {})
  await page.route('**/keys/next', next)
  await page.goto(url)
  const late = new Promise((_, reject) => { setTimeout(() => reject(new Error('no page answered')), 20_000).unref() })
  try {
    return await Promise.race([answered, late])
  } finally {
    await page.unroute('**/keys/next', next)
    await page.unroute('**/keys/done', done)
  }
}

const digestOf = (text) => createHash('sha256').update(text).digest('base64url')
// A credential of which these claims are disclosed, as a host that lies would put one together.
function credentialOf(claims, vct = 'urn:example:made-up') {
  const disclosures = Object.entries(claims).map((claim) => Buffer.from(JSON.stringify(['salt', ...claim])).toString('base64url'))
  const said = inputOf({ typ: 'dc+sd-jwt' }, { vct, iss: 'did:web:somebody.example', _sd: disclosures.map(digestOf) })
  return `${[`${said}.c2ln`, ...disclosures].join('~')}~`
}
const partsOf = (input) => input.split('.').map((part) => JSON.parse(Buffer.from(part, 'base64url')))
const inputOf = (...parts) => parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')

export async function run({ report, network, browser }) {
  const descriptor = `http://operator.localhost:${network.port}/network.json`
  const host = await serveWallet(join(network.dir, 'host.store'), { bend: ['--host', '--network', descriptor] })
  const [hand, desk, other] = [await openPage(browser, phone), await openPage(browser, { viewport: { width: 1280, height: 800 } }), await openPage(browser, { ...phone, locale: 'es' })]
  const seen = lookingAs('wallet-host')
  const atTheWallet = (link) => `${host.url}/authorize?${link.split('?').slice(1).join('?')}`
  const lock = async (page) => {
    await page.goto(host.url)
    await page.locator('nav summary').click()
    await page.getByRole('button', { name: /^(Lock|Bloquear)$/ }).click()
    await page.waitForURL(`${host.url}/unlock`)
  }
  try {
    await authenticator(hand.page, true)
    const keys = await watchKeys(hand.page)
    const jobs = await watchJobs(hand.page)
    await report.check('the first screen offers to make and to open one, and says what the host can see', async () => {
      await hand.page.goto(`${host.url}/open`)
      await hand.page.getByRole('heading', { name: 'What this host can see, and what not' }).waitFor()
      await seen(hand.page, 'first screen')
      await other.page.goto(host.url)
      await other.page.getByRole('heading', { name: 'Qué puede ver este servidor y qué no' }).waitFor()
      await seen(other.page, 'first screen in Spanish')
    })
    await report.check('one touch makes a wallet and leads to the page that was asked for', async () => {
      await hand.page.locator('#by-passkey').click()
      await hand.page.waitForURL(`${host.url}/open`)
      await hand.page.goto(`${host.url}/details`)
      await hand.page.locator('#email').fill('one.of.two@example.org')
      await hand.page.getByRole('button', { name: 'Save' }).first().click()
    })
    await report.check('a membership is taken and an office answered with keys that the browser alone has', async () => {
      const { offer } = await answerOf([binary, 'verifier', 'member', 'add', 'harbour', '--data', network.data])
      await hand.page.goto(atTheWallet(offer))
      await hand.page.getByRole('button', { name: 'Take it' }).click()
      await hand.page.locator('[data-share][data-ready]').click()
      await hand.page.getByText('has what you shared').waitFor()
      const asked = hand.page.url()
      const letter = hand.page.locator('.card', { hasText: 'one.of.two@example.org' }).locator('a').first()
      for (let tries = 0; tries < 100; tries += 1) {
        await hand.page.goto(`http://mail.localhost:${network.port}/`)
        if (await letter.count()) break
        await hand.page.waitForTimeout(100)
      }
      await letter.click()
      await hand.page.locator('button').click()
      await hand.page.goto(asked)
      await hand.page.getByText('a network passport').first().waitFor({ timeout: 60000 })
      await hand.page.goto(host.url)
      truthy(/^\w{4}-\w{4}-\w{5}$/.test(await hand.page.locator('.digits').innerText()), 'no number')
      truthy(keys.length > 3, `keys made in the browser: ${keys.length}`)
      truthy(isInMemory(host.pid, ['wallet.localhost']), 'what is there is found')
      const texts = keys.flatMap((d) => [d, Buffer.from(d, 'base64url')])
      equal(isInMemory(host.pid, texts), false, 'a private key in the memory of the host')
    })
    await report.check('a host that asks for what the member did not agree to gets no signature', async () => {
      const shown = jobs.filter(({ deed, about }) => deed === 'sign' && about[0].shows).at(-1)
      const [{ sealed, input, shows: shows0 }] = shown.about
      const [header, said] = partsOf(input)
      const now = Math.floor(Date.now() / 1000)
      const asks = (changed, more = {}) => answerTo(hand.page, `${host.url}/details`, [{ sealed, input: inputOf({ ...header, ...changed.header }, { ...said, iat: now, ...changed.said }), shows: shows0, ...more }])
      const agreed = await asks({})
      equal(agreed.signatures?.length, 1, 'what was agreed to')
      for (const [what, ...asked] of [
        ['an answer to somebody else', { said: { aud: 'decentralized_identifier:did:web:eve.example' } }],
        ['an answer to another question', { said: { nonce: 'another-question-of-the-same-office' } }],
        ['an answer that shows something else', {}, { shows: { ...shows0, presented: `${shows0.presented}~` } }],
        ['an answer of which nobody says what it shows', {}, { shows: null }],
        ['a text of no known type', { header: { typ: 'JWT' } }],
        ['an answer of yesterday', { said: { iat: now - 86_400 } }],
        ['another algorithm', { header: { alg: 'none' } }],
      ]) equal(await asks(...asked), { refused: true }, what)
      const shows = (presented) => asks({ said: { sd_hash: digestOf(presented) } }, { shows: { ...shows0, presented } })
      equal((await shows(credentialOf({ email: 'one.of.two@example.org' }))).signatures?.length, 1, 'the very detail that was ticked')
      for (const [what, presented] of [
        ['a detail more than was ticked', credentialOf({ email: 'one.of.two@example.org', phone_number: '030 123456' })],
        ['another detail', credentialOf({ phone_number: '030 123456' })],
        ['something that hangs at nothing', `${credentialOf({ email: 'a@example.org' })}${Buffer.from('["salt","phone_number","1"]').toString('base64url')}~`],
        ['terms that let others see it', credentialOf({ request: 'r', audiences: { email: 'public' } }, 'urn:passport-network:terms:1')],
        ['terms with an end that nobody chose', credentialOf({ request: 'r', until: now + 86_400 }, 'urn:passport-network:terms:1')],
      ]) equal(await shows(presented), { refused: true }, what)
      hand.faults.splice(0)
    })
    await report.check('what the wallet tells by itself names its own address, its own identifier and nothing that was to be agreed to', async () => {
      const [{ sealed }] = jobs.filter(({ deed, about }) => deed === 'sign' && about[0].shows).at(-1).about
      const iat = Math.floor(Date.now() / 1000)
      const asks = (typ, said, header = {}) => answerTo(hand.page, `${host.url}/details`, [{ sealed, input: inputOf({ alg: 'ES256', typ, ...header }, { iat, ...said }), shows: null }])
      const [kiln, did] = ['https://kiln.example', 'did:webvh:QmX:office.example:m-1']
      const own = { kid: `${did}#sign` }
      const dpop = { jti: 'j', htm: 'GET', htu: `${kiln}/member/details` }
      const minted = { iss: 'did:jwk:e30', vct: 'urn:passport-network:own:1', exp: iat + 300, cnf: {}, _sd: ['x'], _sd_alg: 'sha-256' }
      const stated = { iss: did, number: 'K7Q2M9X4T1B8D' }
      for (const [what, ...asked] of [
        ['a look at what a space has', 'dpop+jwt', dpop],
        ['a request for a new value', 'dpop+jwt', { ...dpop, htm: 'POST', htu: `${kiln}/member/change-requests` }],
        ['that a message was taken', 'dpop+jwt', { ...dpop, htm: 'POST', htu: 'https://office.example/inbox/x/done' }],
        ['the number', 'passport-number-holder+jwt', stated, own],
        ['the number to its office', 'passport-number-stating+jwt', { iss: did, aud: 'did:web:office.example', holder: 'a.b.c', jti: 'j' }, own],
        ['that the identifier is theirs', 'passport-did-control+jwt', { iss: did, aud: 'https://office.example/did-log/1', cnf: { jkt: 'x' } }, own],
        ['who is kept from the number', 'passport-blocks+jwt', { iss: did, aud: 'did:web:office.example', blocked: [] }, own],
        ['a key to an issuer', 'openid4vci-proof+jwt', { aud: 'https://office.example', nonce: 'n' }],
        ['a detail of their own', 'dc+sd-jwt', minted],
      ]) equal((await asks(...asked)).signatures?.length, 1, what)
      for (const [what, ...asked] of [
        ['leaving a space', 'dpop+jwt', { ...dpop, htm: 'POST', htu: `${kiln}/member/leave` }],
        ['a change at a space', 'dpop+jwt', { ...dpop, htm: 'POST', htu: `${kiln}/member/changes` }],
        ['an objection', 'dpop+jwt', { ...dpop, htm: 'POST', htu: `${kiln}/member/objections` }],
        ['something erased', 'dpop+jwt', { ...dpop, htm: 'DELETE' }],
        ['a call without TLS', 'dpop+jwt', { ...dpop, htu: 'http://kiln.example/member/details' }],
        ['a call with a query', 'dpop+jwt', { ...dpop, htu: `${dpop.htu}?as=public` }],
        ['a call of nobody', 'dpop+jwt', { ...dpop, htu: 'kiln.example' }],
        ['another number', 'passport-renumber+jwt', { iss: did, aud: 'did:web:office.example', number: 'x', jti: 'j' }, own],
        ['the number of another identifier', 'passport-number-holder+jwt', { ...stated, iss: 'did:web:eve.example' }, own],
        ['a number of nobody', 'passport-number-holder+jwt', { number: stated.number, did }, own],
        ['the identifier of another', 'passport-did-control+jwt', { iss: did, aud: 'https://office.example/did-log/1' }, { kid: 'did:web:eve.example#sign' }],
        ['a key to no address', 'openid4vci-proof+jwt', { aud: 'https://office.example?x', nonce: 'n' }],
        ['a detail of their own that is not disclosed but stands there', 'dc+sd-jwt', { ...minted, phone_number: '030 123456' }],
      ]) equal(await asks(...asked), { refused: true }, what)
      const inputs = (...parts) => answerTo(hand.page, `${host.url}/details`, [{ sealed, shows: null, input: parts.map((part) => Buffer.from(part).toString('base64url')).join('.') }])
      const head = JSON.stringify({ alg: 'ES256', typ: 'openid4vci-proof+jwt' })
      const proof = JSON.stringify({ iat, aud: 'https://office.example', nonce: 'n' })
      equal((await inputs(head, proof)).signatures?.length, 1, 'said once')
      equal(await inputs(head, proof.replace('{', '{"aud":"https://eve.example",')), { refused: true }, 'an audience that is said twice')
      equal(await inputs(head.replace('{', '{"typ":"kb+jwt",'), proof), { refused: true }, 'a type that is said twice')
      equal(await inputs(head, ` ${proof}`), { refused: true }, 'a text that another may read otherwise')
      hand.faults.splice(0)
    })
    await report.check('a space is joined, and asked by the membership that goes back to whoever gave it', async () => {
      const { link, request } = await network.request({ space: 'kiln-south' })
      await hand.page.goto(`${host.url}/details`)
      await hand.page.locator('#company').fill('Old Mills')
      await hand.page.locator('#bio').fill('Potter of the harbour')
      await hand.page.getByRole('button', { name: 'Save' }).first().click()
      await hand.page.goto(atTheWallet(link ?? request))
      await hand.page.locator('[data-share][data-ready]').waitFor()
      await hand.page.goto(`${hand.page.url()}?pick=all`)
      await hand.page.locator('[data-share][data-ready]').click()
      await hand.page.getByText('Kiln South has what you shared').first().waitFor()
      await hand.page.getByText('a membership').first().waitFor({ timeout: 60000 })
      await hand.page.goto(`${host.url}/spaces`)
      await hand.page.getByRole('link', { name: 'Kiln South', exact: true }).click()
      await hand.page.getByRole('button', { name: 'Ask what it has' }).click()
      await hand.page.getByRole('heading', { name: 'What Kiln South says it has' }).waitFor({ timeout: 20000 })
    })
    await report.check('a change that was sent from its page is signed for that space and that detail', async () => {
      await hand.page.goto(`${host.url}/spaces`)
      await hand.page.getByRole('link', { name: 'Kiln South', exact: true }).click()
      await hand.page.getByRole('link', { name: 'company', exact: true }).click()
      await hand.page.getByRole('link', { name: 'Change it' }).click()
      await hand.page.locator('#value').fill('New Mills')
      await hand.page.getByRole('button', { name: 'See the difference' }).click()
      await hand.page.locator('[data-guarded][data-ready]').first().waitFor()
      await hand.page.getByRole('button', { name: 'Change it' }).click()
      await hand.page.getByText('They signed it').first().waitFor({ timeout: 40000 })
      const [{ sealed, input, shows }] = jobs.filter(({ deed, about }) => deed === 'sign' && about[0].shows?.presented.includes('~')).at(-1).about
      const [header, said] = partsOf(input)
      const asks = (presented) => answerTo(hand.page, `${host.url}/details`, [{ sealed, shows: { ...shows, presented }, input: inputOf(header, { ...said, iat: Math.floor(Date.now() / 1000), nonce: 'another-request-of-that-space', sd_hash: digestOf(presented) }) }])
      equal((await asks(credentialOf({ company: 'New Mills' }))).signatures?.length, 1, 'the detail that was to be changed')
      for (const [what, presented] of [
        ['a credential of which nothing is disclosed', credentialOf({})],
        ['another detail', credentialOf({ bio: 'Potter' })],
        ['another detail beside it', credentialOf({ company: 'New Mills', bio: 'Potter' })],
        ['terms that let others see it', credentialOf({ request: 'r', audiences: { company: 'public' } }, 'urn:passport-network:terms:1')],
      ]) equal(await asks(presented), { refused: true }, what)
    })
    await report.check('what a space is told to do is signed for whoever pressed its button, there and for that alone', async () => {
      const [{ sealed }] = jobs.filter(({ deed, about }) => deed === 'sign' && about[0].shows).at(-1).about
      const kiln = `http://kiln-south.localhost:${network.port}`
      const told = (htu, page = '/details') => answerTo(hand.page, `${host.url}${page}`, [{ sealed, input: inputOf({ alg: 'ES256', typ: 'dpop+jwt' }, { iat: Math.floor(Date.now() / 1000), jti: 'j', htm: 'POST', htu }), shows: null }])
      equal(await told(`${kiln}/member/leave`), { refused: true }, 'before')
      await hand.page.goto(`${host.url}/spaces`)
      await hand.page.getByRole('link', { name: 'Kiln South', exact: true }).click()
      await hand.page.getByRole('button', { name: 'Leave Kiln South' }).click()
      await hand.page.getByRole('link', { name: 'Stay a member' }).waitFor({ timeout: 20000 })
      equal((await told(`${kiln}/member/leave`)).signatures?.length, 1, 'what was asked for')
      equal(await told(`${kiln}/member/changes`), { refused: true }, 'something else there')
      equal(await told(`http://harbour.localhost:${network.port}/member/leave`), { refused: true }, 'the same elsewhere')
    })
    await report.check('a second member makes theirs with a passphrase, and neither sees the other', async () => {
      await other.page.getByRole('link', { name: 'Usar una frase de acceso' }).click()
      await other.page.getByText('Usar una frase de acceso').click()
      await seen(other.page, 'making with a passphrase')
      await other.page.locator('#name').fill('cigüeña')
      await other.page.locator('#passphrase').fill(walletPassphrase)
      await other.page.getByRole('button', { name: 'Crearla con esta frase' }).click()
      await other.page.waitForURL(`${host.url}/`)
      await other.page.goto(`${host.url}/details`)
      equal(await other.page.locator('#email').inputValue(), '', 'the other member\'s address')
      await hand.page.goto(`${host.url}/details`)
      equal(await hand.page.locator('#email').inputValue(), 'one.of.two@example.org', 'address')
    })
    await report.check('a name and a passphrase open it on a second device, which gets a passkey of its own', async () => {
      await hand.page.goto(`${host.url}/ways`)
      await hand.page.locator('#wallet-name').fill('Heron-7')
      await hand.page.locator('#passphrase').fill(walletPassphrase)
      await hand.page.locator('#again').fill(walletPassphrase)
      await hand.page.getByRole('button', { name: 'Add the passphrase' }).click()
      // The passphrase is stretched in the browser first.
      await hand.page.waitForURL(`${host.url}/ways?set=passphrase`)
      await seen(hand.page, 'ways in at a host')
      await desk.page.goto(host.url)
      await desk.page.getByText('Open by name and passphrase').click()
      await desk.page.locator('#name').fill('heron-8')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.getByText('Name and passphrase open no wallet here').first().waitFor()
      await seen(desk.page, 'a name that nobody has')
      await desk.page.locator('#name').fill('heron-7')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${host.url}/`)
      desk.faults.splice(0)
      // Opened by its passphrase alone, this browser answers with the same keys.
      const { link, request } = await network.request({ space: 'harbour', form: 'own-desk' })
      await desk.page.goto(atTheWallet(link ?? request))
      await desk.page.locator('[data-share][data-ready]').click()
      await desk.page.getByText('Harbour has what you shared').first().waitFor()
      await authenticator(desk.page, true)
      await desk.page.goto(`${host.url}/ways`)
      equal(await desk.page.getByText(/begun \d{4}-\d\d-\d\d \d\d:\d\d, last used/).count(), 2, 'sessions with their times')
      await desk.page.locator('#name').fill('Desk')
      await desk.page.getByRole('button', { name: 'Add a passkey' }).click()
      await desk.page.getByText('Desk').first().waitFor()
    })
    await report.check('locked, the browser knows whose it is; and where it does not, the passkey does', async () => {
      await lock(desk.page)
      await desk.page.getByRole('heading', { name: 'Open your wallet' }).waitFor()
      await seen(desk.page, 'locked at a host')
      await desk.page.context().clearCookies()
      await desk.page.goto(`${host.url}/details`)
      await desk.page.locator('#open-by-passkey').click()
      await desk.page.waitForURL(`${host.url}/details`)
      equal(await desk.page.locator('#email').inputValue(), 'one.of.two@example.org', 'address')
    })
    let written
    await report.check('the recovery code is the browser\'s: it is written down, tried, and opens the wallet from nothing', async () => {
      await desk.page.goto(`${host.url}/recovery`)
      await desk.page.getByRole('button', { name: 'Show the code' }).click()
      const code = desk.page.locator('#recovery-code')
      await code.filter({ hasText: /^\w{4}(-\w{4}){7}$/ }).waitFor()
      await seen(desk.page, 'recovery code at a host')
      written = await code.innerText()
      equal(isInMemory(host.pid, [written]), false, 'the code in the memory of the host')
      await desk.page.locator('#code').fill(written.toLowerCase())
      await desk.page.getByRole('button', { name: 'Try it' }).click()
      await desk.page.waitForURL(`${host.url}/ways`)
      const lost = await openPage(browser, phone)
      try {
        await lost.page.goto(`${host.url}/unlock/recovery`)
        await seen(lost.page, 'everything lost, at a host')
        await lost.page.locator('#code').fill('0000-0000')
        await lost.page.keyboard.press('Enter')
        await lost.page.getByText('This is no recovery code').waitFor()
        await lost.page.locator('#code').fill(written)
        await lost.page.keyboard.press('Enter')
        await lost.page.waitForURL(`${host.url}/ways`)
        await lost.page.goto(`${host.url}/messages`)
        await lost.page.getByRole('button', { name: 'See what has come' }).click()
        await lost.page.getByText('Nothing is here yet').or(lost.page.getByText('Somebody wrote to you')).first().waitFor()
        equal(lost.faults, [], 'faults')
      } finally {
        await lost.close()
      }
    })
    await report.check('another wallet is opened in the same browser, and the first one is locked by that', async () => {
      await lock(desk.page)
      await desk.page.getByRole('link', { name: 'Open another wallet' }).click()
      await desk.page.getByText('Open by name and passphrase').click()
      await desk.page.locator('#name').fill('cigüeña')
      await desk.page.locator('#passphrase').fill(walletPassphrase)
      await desk.page.keyboard.press('Enter')
      await desk.page.waitForURL(`${host.url}/`)
      await desk.page.goto(`${host.url}/details`)
      equal(await desk.page.locator('#email').inputValue(), '', 'the first wallet\'s address')
    })
    const fromTheMenu = async (page, name) => {
      await page.goto(host.url)
      await page.locator('nav summary').click()
      await page.getByRole('link', { name, exact: true }).click()
      await page.getByRole('heading', { name, level: 1 }).waitFor()
    }
    const found = await openPage(browser, phone)
    await report.check('the drill at a host: without the passkey of the phone, the code on paper opens it and the phone is locked out', async () => {
      await fromTheMenu(hand.page, 'If your phone is lost')
      await seen(hand.page, 'phone lost')
      await hand.page.getByRole('radio').first().check()
      await hand.page.getByRole('button', { name: 'Lock it and open it another way' }).click()
      await hand.page.getByRole('heading', { name: 'Open your wallet' }).waitFor()
      await found.page.goto(`${host.url}/unlock/recovery`)
      await found.page.locator('#code').fill(written)
      await found.page.keyboard.press('Enter')
      await found.page.waitForURL(`${host.url}/ways`)
      await fromTheMenu(found.page, 'If your phone is lost')
      await found.page.getByText(/Done on \d{4}-\d\d-\d\d: you opened it by Recovery code\./).waitFor()
      await found.page.getByRole('button', { name: 'Lock it everywhere but here' }).click()
      await found.page.getByText('It is locked everywhere but here.').waitFor()
      await seen(found.page, 'the drill is done')
    })
    await report.check('closed, nothing of it is left at the host, and the other member\'s is as it was', async () => {
      await fromTheMenu(found.page, 'Close your wallet')
      await seen(found.page, 'close your wallet')
      await found.page.getByLabel('I know that it is gone for good').check()
      await found.page.getByRole('button', { name: 'Close it for ever' }).click()
      await found.page.waitForURL(`${host.url}/closed`)
      await seen(found.page, 'closed')
      equal(found.faults, [], 'faults')
      await found.page.goto(`${host.url}/unlock/recovery`)
      await found.page.locator('#code').fill(written)
      await found.page.keyboard.press('Enter')
      await found.page.locator('.summary, [data-said]:not(:empty)').first().waitFor()
      equal(new URL(found.page.url()).pathname, '/unlock/recovery', 'the code opens something')
      await other.page.goto(`${host.url}/details`)
      await other.page.locator('#email').waitFor()
    })
    await found.close()
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults, ...other.faults], [], 'faults'))
  } finally {
    for (const place of [hand, desk, other]) await place.close()
    await host.stop()
  }
}
