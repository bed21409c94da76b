// Child processes with a time limit; whatever was started is stopped.
import { spawn } from 'node:child_process'

const running = new Set()

function stop(child, signal = 'SIGTERM') {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It has ended already.
  }
}

// The last resort when this process itself is stopped.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) stop(child, 'SIGKILL')
    process.exit(130)
  })
}

function start(words, { cwd, env }) {
  const child = spawn(words[0], words.slice(1), { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('close', () => running.delete(child))
  return child
}

// Runs a program to its end.
export function run(words, { seconds = 60, ...place } = {}) {
  return new Promise((done) => {
    const child = start(words, place)
    const out = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (part) => (out[name] += part))
    const timer = setTimeout(() => stop(child, 'SIGKILL'), seconds * 1000)
    child.once('error', (error) => {
      clearTimeout(timer)
      done({ code: 127, signal: null, stdout: '', stderr: error.message })
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      done({ code, signal, ...out })
    })
  })
}

// Starts a server and waits for the first line of JSON on its standard output that says `ready`. `heard` gets what it says on standard error.
export function serve(words, { seconds = 60, heard, ...place } = {}) {
  const child = start(words, place)
  let errors = ''
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (part) => {
    errors = (errors + part).slice(-20000)
    heard?.(part)
  })
  const ready = new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`not ready within ${seconds} s: ${errors.slice(-600)}`)), seconds * 1000)
    child.once('error', (error) => (clearTimeout(late), fail(error)))
    child.once('close', (code) => (clearTimeout(late), fail(new Error(`ended with ${code} before it was ready: ${errors.slice(-600)}`))))
    child.stdout.setEncoding('utf8').on('data', (part) => {
      text += part
      for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) {
        const value = parsed(text.slice(0, end))
        if (value?.ready) (clearTimeout(late), done(value))
      }
    })
  })
  const stopped = () =>
    new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done()
      child.once('close', done)
      stop(child)
      setTimeout(() => stop(child, 'SIGKILL'), 10000).unref()
    })
  ready.catch(() => {})
  return { ready, stop: stopped, pid: child.pid, errors: () => errors }
}

export function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// The last line that is a JSON object.
export function lastJson(text) {
  for (const line of text.trim().split('\n').reverse()) {
    const value = line.trim().startsWith('{') ? parsed(line) : undefined
    if (value) return value
  }
  return undefined
}
