// Options, shell commands that hand out fresh requests or offers, and a client that only talks to allowed hosts.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import tls from 'node:tls'

export function parseArgs(argv, { flags = [], lists = [] } = {}) {
  const options = Object.fromEntries(lists.map((name) => [name, []]))
  for (let i = 0; i < argv.length; i++) {
    if (!argv[i].startsWith('--')) throw new Error(`unexpected ${argv[i]}`)
    const name = argv[i].slice(2)
    if (flags.includes(name)) options[name] = true
    else {
      const value = argv[++i]
      if (value === undefined) throw new Error(`--${name} needs a value`)
      if (lists.includes(name)) options[name].push(value)
      else options[name] = value
    }
  }
  return options
}
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

// The last line is a link, or a JSON object that has one under request_uri / offer (and may name session and tx_code).
export async function fresh(command, member) {
  const text = await shell(command)
  const last = text.trim().split('\n').at(-1).trim()
  if (!last.startsWith('{')) return { link: last }
  const object = JSON.parse(last)
  if (!object[member]) throw new Error(`command printed an object without ${member}: ${last.slice(0, 200)}`)
  return { link: object[member], session: object.session, txCode: object.tx_code }
}
export function shell(command, ...args) {
  return new Promise((done, fail) => {
    const child = spawn('/bin/sh', ['-c', args.length ? `${command} "$@"` : command, 'sh', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let error = ''
    const timer = setTimeout(() => child.kill(), 30000)
    child.stdout.on('data', (part) => { out += part })
    child.stderr.on('data', (part) => { error += part })
    child.on('close', (code) => {
      clearTimeout(timer)
      code === 0 ? done(out) : fail(new Error(`command ended with ${code}: ${(error || out).slice(-300)}`))
    })
  })
}

const loopback = (host) => host === 'localhost' || host.endsWith('.localhost') || /^127\./.test(host) || host === '[::1]' || host === '::1'

export function makeClient(options) {
  const rules = new Map()
  for (const rule of options.resolve ?? []) {
    const [host, port, address] = rule.split(':')
    rules.set(`${host}:${port}`, address)
  }
  const extra = (options['tls-ca'] ?? []).map((file) => readFileSync(file, 'utf8'))
  const ca = extra.length ? [...tls.rootCertificates, ...extra] : undefined
  const dump = options.dump
  if (dump) mkdirSync(dump, { recursive: true })
  const state = { name: 'setup', part: 0 }

  // `from`: the loopback address that calls, so that each browser is a client of its own to whoever counts calls.
  const send = (target, { method = 'GET', headers = {}, body, timeout = 30000, from } = {}) => {
    const url = new URL(target)
    const port = url.port || (url.protocol === 'https:' ? '443' : '80')
    // Not every resolver knows that *.localhost is loopback (RFC 6761 §6.3).
    const address = rules.get(`${url.hostname}:${port}`) ?? (url.hostname.endsWith('.localhost') ? '127.0.0.1' : undefined)
    if (!loopback(url.hostname) && !(address && loopback(address)) && !(options['allow-host'] ?? []).includes(url.hostname)) {
      throw new Error(`${url.hostname} is not loopback; name it with --allow-host if you may attack it`)
    }
    if (url.protocol === 'http:' && !options['insecure-http']) throw new Error('http needs --insecure-http')
    const settings = { method, agent: false, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) }, timeout }
    if (ca) settings.ca = ca
    if (from && loopback(url.hostname)) settings.localAddress = from
    if (address) settings.lookup = (_host, how, done) => (how.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4))
    const begun = Date.now()
    return new Promise((done) => {
      let settled = false
      const finish = (result) => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        result.ms = Date.now() - begun
        if (dump) {
          const shown = body === undefined ? '' : Buffer.from(body).subarray(0, 65536).toString('latin1')
          const lines = [`${method} ${url}`, ...Object.entries(settings.headers).map(([key, value]) => `${key}: ${value}`), '', shown, '', `=> ${result.status ?? result.error}`, JSON.stringify(result.headers ?? {}), (result.text ?? '').slice(0, 4000)]
          writeFileSync(join(dump, `${state.name}.${String(++state.part).padStart(2, '0')}.txt`), lines.join('\n'))
        }
        done(result)
      }
      const timer = setTimeout(() => { request.destroy(); finish({ error: 'no answer in time' }) }, timeout)
      const request = (url.protocol === 'https:' ? https : http).request(url, settings, (response) => {
        const chunks = []
        response.on('data', (part) => chunks.push(part))
        const end = () => {
          const text = Buffer.concat(chunks).toString('utf8')
          let json
          try { json = JSON.parse(text) } catch { /* not JSON */ }
          finish({ status: response.statusCode, headers: response.headers, text, json })
        }
        response.on('end', end)
        response.on('error', end)
        response.on('close', end)
      })
      request.on('error', (error) => setTimeout(() => finish({ error: error.code ?? error.message }), 200))
      request.end(body)
    })
  }
  return { send, naming: (name) => { state.name = name; state.part = 0 } }
}

// Highest resident memory of a process while something runs, in MB above the start; undefined without a pid.
export async function watchMemory(pid, body) {
  if (!pid) return { result: await body() }
  const read = () => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
    } catch {
      return NaN
    }
  }
  const before = read()
  let top = before
  const timer = setInterval(() => { top = Math.max(top, read() || 0) }, 10)
  const result = await body()
  await new Promise((done) => setTimeout(done, 100))
  clearInterval(timer)
  top = Math.max(top, read() || 0)
  return { result, grown: Math.round(top - before), alive: !Number.isNaN(read()) }
}

export class Report {
  counts = { refused: 0, accepted: 0, wrong: 0, crash: 0, skipped: 0, policy: 0, honest: 0 }
  #print(label, name, detail) {
    console.log(`${label.padEnd(10)} ${name.padEnd(38)} ${detail}`)
  }
  ok(name, detail) { this.counts.refused++; this.#print('ok', name, detail) }
  policy(name, detail) { this.counts.policy++; this.#print('ok', name, `recorded: ${detail}`) }
  accepted(name, detail) { this.counts.accepted++; this.#print('ACCEPTED', name, detail) }
  wrong(name, detail) { this.counts.wrong++; this.#print('WRONG-CODE', name, detail) }
  crash(name, detail) { this.counts.crash++; this.#print('CRASH', name, detail) }
  skip(name, reason) { this.counts.skipped++; this.#print('SKIP', name, reason) }
  honestRefused(name, detail) { this.counts.honest++; this.#print('REFUSED', name, `honest, must be taken: ${detail}`) }
  note(text) { console.log(`#          ${text}`) }
  end() {
    const { refused, accepted, wrong, crash, skipped, policy, honest } = this.counts
    console.log(`${refused} refused as they must be, ${accepted} accepted, ${wrong} wrong code, ${crash} crash-like, ${skipped} skipped; ${policy} recorded (policy), ${honest} honest answers refused`)
    return accepted || crash || honest ? 1 : 0
  }
}
export const brief = (result) => {
  if (result.error) return result.error
  const { json, status } = result
  let words = (result.text ?? '').slice(0, 80)
  if (json?.error) words = `${typeof json.error === 'string' ? json.error : JSON.stringify(json.error)}${json.error_description ? `: ${json.error_description}` : ''}`
  else if (status < 300 && json && typeof json === 'object') words = `{${Object.keys(json).join(', ')}}`
  const challenge = result.headers?.['www-authenticate']
  if (!json && challenge) words = `www-authenticate: ${challenge}`
  return `${status} ${words}`.replace(/\s+/g, ' ').slice(0, 170).trim()
}
