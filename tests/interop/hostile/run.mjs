// Plays a hostile wallet, client, issuer and verifier against the `passport` command, which must be built.
//   node run.mjs [--only REGEX]
// Each suite's whole output lies in target/hostile/NAME.txt, all totals in target/hostile/totals.json. A fault that was
// taken, an honest variant that was refused, a wrong code or a crash fails the run. Last line: 'N passed, N failed'.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binary, commands, passport, startNetwork, unavailable, walletEnvironment } from '../lib/passport.mjs'
import { newKey } from './verifier-issuer/lib/jose.mjs'
import { didOf } from './verifier-issuer/lib/attested-cases.mjs'
import { run } from '../lib/process.mjs'
import { Report } from '../lib/report.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(here, '../../../target/hostile')
const node = process.execPath
const at = process.argv.indexOf('--only')
const only = new RegExp(at > 0 ? process.argv[at + 1] : '')
const report = new Report()
const totals = {}
// Lines that a reader must look at.
const telling = /^(ACCEPTED|WRONG-CODE|CRASH|REFUSED|BAD|COPE-FAIL|STOP)\b/

// ---- command strings: the first two suites give commands to a shell, the others split words and know placeholders ----
const quote = (word) => (/^[\w./:=,{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
const line = (words) => words.map(quote).join(' ')
const wallet = {
  init: line(commands.walletInit({ store: '{store}' })),
  accept: line(commands.acceptOffer({ offer: '{offer}', store: '{store}', trust: { ca: ['{ca}'] }, txCode: '{tx_code}', batch: '{batch}', noWait: true })),
  finish: line(commands.finish({ address: '{address}', store: '{store}', trust: { ca: ['{ca}'] } })),
  present: line(commands.present({ request: '{request}', store: '{store}', trust: { ca: ['{ca}'], dids: ['{verifier_did}'] } })),
  collect: line(commands.collect({ store: '{store}', trust: { ca: ['{ca}'] } })),
  list: line(commands.list({ store: '{store}' })),
  held: line([...commands.list({ store: '{store}' }), '--json']),
}

// ---- running and reading one suite ----
const numbers = (text) => Object.fromEntries([...text.matchAll(/(\d+) ([a-z][a-z ()-]*[a-z)])/g)].map(([, count, what]) => [what, Number(count)]))
const totalsLine = /^\d+ (refused as they must be|as they must be),/

async function suite(name, words, { seconds = 600, env } = {}) {
  if (!only.test(name)) return
  const result = await run(words, { cwd: here, seconds, env })
  writeFileSync(join(out, `${name}.txt`), result.stdout + result.stderr)
  const lines = result.stdout.split('\n')
  for (const one of lines.filter((text) => telling.test(text))) console.log(`     ${one.slice(0, 220)}`)
  const last = lines.findLast((text) => totalsLine.test(text))
  await report.check(`${name}: ${last ?? 'no totals'}`, () => {
    if (last && (result.code === 0 || result.code === 1)) totals[name] = numbers(last)
    if (last && result.code === 0) return
    throw new Error(`the suite ended with ${result.code ?? result.signal}: ${(result.stderr.trim() || result.stdout.trim()).slice(-400)}`)
  })
}

// A namespace with a loopback of its own lets a wallet be lured to link-local and private addresses without a packet leaving.
async function namespace() {
  const { code } = await run(['unshare', '-rnm', 'ip', 'link', 'set', 'lo', 'up'], { seconds: 10 })
  if (code === 0) return [join(here, 'wallet', 'in-namespace.sh')]
  report.skip('cases with link-local and private addresses', 'a network namespace of its own cannot be made here (needs unshare and ip)')
  return []
}

async function walletSuites() {
  const inside = await namespace()
  const script = (file) => join(here, 'wallet', file)
  const how = { env: walletEnvironment }
  const common = ['--init-cmd', wallet.init, '--accept-cmd', wallet.accept]
  await suite('wallet-issuance', [...inside, node, script('wallet-issuance-attacks.mjs'), ...common, '--list-cmd', wallet.list, '--held-cmd', wallet.held, '--collect-cmd', wallet.collect, '--finish-cmd', wallet.finish], how)
  await suite('wallet-presentation', [...inside, node, script('wallet-presentation-attacks.mjs'), ...common, '--present-cmd', wallet.present], how)
}

async function serverSuites() {
  const script = (file) => join(here, 'verifier-issuer', file)
  const mint = join(out, 'mint')
  await run([node, script('mint.mjs'), mint], { seconds: 30 })
  // A type that strangers sign lets the suite sign its own faults; without it the office's own credential is bent.
  const space = 'kiln-north'
  const vct = 'urn:example:demo-id:1'
  const help = await passport([binary, 'demo', '--help'])
  const foreign = help.stdout.includes('--foreign-type') ? { space, vct, root: join(mint, 'root.pem') } : undefined
  const ours = await startNetwork({ foreign })
  // Another office, whose tokens and nonces live for seconds only; one that takes nothing readable; one that takes one provider's wallets
  // and approves by hand.
  const provider = newKey()
  const others = []
  try {
    for (const issuing of [{ token_seconds: 5, nonce_seconds: 5 }, { encryption: 'required' }, { wallet_providers: [didOf(provider)], approval: 'by_hand' }]) {
      others.push(await startNetwork({ settings: { office: { issuing } } }))
    }
    const [brief, closed, choosy] = others
    const { data } = ours
    const pid = ['--pid', String(ours.pid)]
    const held = { credential: join(out, 'office.credential'), key: join(out, 'office.holder.jwk') }
    const client = [
      node, script('issuer-attacks.mjs'), '--insecure-http', '--single-use-nonce', '--offer-cmd', line(commands.offer({ data })),
      '--tx-offer-cmd', line(commands.offer({ data, txCode: true })), '--short-offer-cmd', line(commands.offer({ data: brief.data })), '--short-seconds', '5', ...pid,
    ]
    await suite('office', [...client, '--save-credential', held.credential, '--save-holder-jwk', held.key])
    await suite('office-dpop', [...client, '--dpop'])
    const group = (name, network) => [
      node, script('issuer-attacks.mjs'), '--group', name, '--insecure-http', '--single-use-nonce', '--offer-cmd', line(commands.offer({ data: network.data })),
      '--code-offer-cmd', line(commands.offer({ data: network.data, takenUp: 'either' })), '--pid', String(network.pid),
    ]
    await suite('office-code', group('code', ours))
    await suite('office-sealed', group('sealed', ours))
    await suite('office-sealed-required', [...group('sealed', closed), '--strict'])
    const providerFile = join(out, 'provider.jwk')
    writeFileSync(providerFile, JSON.stringify(provider), { mode: 0o600 })
    await suite('office-attested', [...group('attested', choosy), '--dpop', '--provider-jwk', providerFile])
    for (const mode of ['direct_post.jwt', 'direct_post']) {
      const request = (how) => line(commands.request({ data, space, mode, form: foreign && 'foreign', ...how }))
      const answer = foreign
        ? ['--credential', join(mint, 'credential.sdjwt'), '--holder-jwk', join(mint, 'holder.jwk'), '--issuer-jwk', join(mint, 'issuer.jwk'), '--issuer-x5c', join(mint, 'issuer.x5c')]
        : ['--credential', held.credential, '--holder-jwk', held.key]
      if (!foreign && !existsSync(held.credential)) {
        report.skip(`space-${mode}`, 'the office suite left no credential to answer with')
        continue
      }
      await suite(`space-${mode}`, [
        node, script('verifier-attacks.mjs'), '--insecure-http', '--request-cmd', request({}), '--short-request-cmd', request({ seconds: 2 }), '--short-seconds', '2',
        '--result-cmd', resultOf({ data, space }), ...pid, ...answer,
      ])
    }
    if (foreign) await papers({ data, space, pid, mint, script })
  } finally {
    for (const network of [...others, ours]) await network.close()
  }
}

// Chains and status lists of the issuer of the foreign type.
async function papers({ data, space, pid, mint, script }) {
  const file = (name) => join(mint, name)
  await suite('space-papers', [
    node, script('verifier-attacks.mjs'), '--group', 'papers', '--insecure-http', '--request-cmd', line(commands.request({ data, space, form: 'foreign' })),
    '--result-cmd', resultOf({ data, space }), '--credential', file('credential.sdjwt'), '--holder-jwk', file('holder.jwk'), '--issuer-jwk', file('issuer.jwk'),
    '--issuer-x5c', file('issuer.x5c'), '--root-jwk', file('root.jwk'), ...pid,
  ])
}

// A shell function that says how the session stands that is its argument.
const resultOf = ({ data, space }) => `result() { ${line(commands.result({ data, space, session: 'SESSION' })).replace('SESSION', '"$1"')}; }; result`

// The suites' own tests (minutes): each case must differ from the honest one, and succeed against a wallet that checks nothing.
async function selfTests() {
  for (const folder of ['verifier-issuer', 'wallet']) {
    const { code, stdout } = await run([node, 'selftest.mjs'], { cwd: join(here, folder), seconds: 600 })
    await report.check(`hostile ${folder}: its own tests`, () => {
      if (code !== 0) throw new Error(stdout.split('\n').filter((text) => text.startsWith('FAIL')).join('; ').slice(0, 600))
    })
  }
}

mkdirSync(out, { recursive: true })
if (process.env.PASSPORT_TEST_LONG) await selfTests()
const problem = await unavailable()
if (problem) report.missing('hostile parties', problem)
else {
  // Beside each other: neither meets a party of the other, and each waits most of its time.
  const against = async ([name, suites]) => {
    try {
      await suites()
    } catch (error) {
      await report.check(`hostile parties against the ${name}: set up`, () => Promise.reject(error))
    }
  }
  await Promise.all([['wallet', walletSuites], ['office and space', serverSuites]].map(against))
}
writeFileSync(join(out, 'totals.json'), `${JSON.stringify(totals, undefined, 1)}\n`)
process.exit(report.end())
