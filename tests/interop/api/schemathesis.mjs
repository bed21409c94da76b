// schemathesis as these tests see it: installed by pip into an environment of its own, exactly as requirements.txt says.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../lib/process.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const wanted = join(here, 'requirements.txt')
const venv = join(here, '.venv')
// Copied here after an installation; the installation is current as long as it equals the list.
const seen = join(venv, 'installed.txt')
// Seconds for making requests, beside those for ending.
const BUDGET = 75

// Why it cannot be installed, if it cannot.
async function install() {
  if (existsSync(seen) && readFileSync(seen, 'utf8') === readFileSync(wanted, 'utf8')) return undefined
  for (const words of [['python3', '-m', 'venv', venv], [join(venv, 'bin', 'pip'), 'install', '--quiet', '--no-deps', '--requirement', wanted]]) {
    const { code, stderr } = await run(words, { seconds: 300 })
    if (code !== 0) return `${words[0].split('/').at(-1)} ended with ${code}: ${stderr.trim().split('\n').at(-1)}`
  }
  copyFileSync(wanted, seen)
  return undefined
}

// What it is told: names of things that are there beside those it makes up, and where a good request may be refused all the same: a number is
// mistyped or not, a form there or not, a reason a sentence or not.
const settings = ({ ids, form }) => `
[dictionaries.there]
values = ${JSON.stringify(ids)}

[dictionaries.forms]
values = ${JSON.stringify([form, 'sign-up'])}

[parameters]
"path.id" = { dictionary = "there", probability = 0.5 }
"path.sub" = { dictionary = "there", probability = 0.5 }

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429, 503]

${['/api/v1/invitations', '/api/v1/sign-ups/{id}/ask', '/api/v1/sign-ups/{id}/decision'].map((path) => `
[[operations]]
include-path = ${JSON.stringify(path)}
include-method = "POST"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 422, 429, 503]
`).join('')}
[[operations]]
include-path-regex = "^/api/v1/forms/"
parameters = { "path.id" = { dictionary = "forms", probability = 0.5 } }
`

export async function judge({ folder, origin, keys, ids, form }) {
  const missing = await install()
  if (missing) return { missing }
  const [config, answers] = [join(folder, 'schemathesis.toml'), join(folder, 'answers.json')]
  writeFileSync(config, settings({ ids, form }))
  const words = [
    join(venv, 'bin', 'st'), '--config-file', config, 'run', `${origin}/api/openapi.json`,
    '--checks', 'all', '--mode', 'all', '--phases', 'examples,coverage,fuzzing,stateful', '--max-examples', '60', '--max-time', String(BUDGET),
    // One after the other: two threads meet an error of Python 3.11's parser within hypothesis.
    '--workers', '1', '--continue-on-failure', '--generation-deterministic', '--no-color',
  ]
  const env = { SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: here, API_KEYS: JSON.stringify(keys), API_ANSWERS: answers, COLUMNS: '160' }
  const { code, stdout, stderr } = await run(words, { seconds: BUDGET + 60, cwd: folder, env })
  const counts = existsSync(answers) ? Object.entries(JSON.parse(readFileSync(answers, 'utf8'))) : []
  const tried = new Set(counts.filter(([name]) => /^[A-Z]+ \S+ 2\d\d$/.test(name)).map(([name]) => name.slice(0, -4)))
  const all = new Set(counts.map(([name]) => name.replace(/ \d+$/, '')))
  return {
    clean: code === 0,
    calls: counts.reduce((sum, [, count]) => sum + count, 0),
    untried: [...all].filter((name) => !tried.has(name)),
    answers: Object.fromEntries(counts.map(([name]) => name.split(' ').at(-1)).sort().map((status) => [status, counts.filter(([name]) => name.endsWith(` ${status}`)).reduce((sum, [, count]) => sum + count, 0)])),
    summary: stdout.split('\n').filter((line) => /generated|passed|failed/.test(line)).at(-1)?.trim() ?? 'no summary',
    output: `${stdout}\n${stderr}`.trim().slice(-6000),
  }
}
