// Runs every direction in credo/against-passport/ against the `passport` command, which must be built.
//   node run.mjs [--only REGEX]        last line: 'N passed, N failed[, N skipped]'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startNetwork, unavailable } from './lib/passport.mjs'
import { Report } from './lib/report.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'credo', 'against-passport')
const at = process.argv.indexOf('--only')
const only = new RegExp(at > 0 ? process.argv[at + 1] : '')
const report = new Report()
const directions = readdirSync(folder).filter((file) => file.endsWith('.mjs') && only.test(file)).sort()
const problem = await unavailable()

if (problem) {
  for (const file of directions) report.missing(file.replace('.mjs', ''), problem)
} else {
  // One network over http for all; a second over https only where a direction asks for it.
  const open = new Map()
  const network = (kind) => {
    if (!open.has(kind)) open.set(kind, startNetwork({ https: kind === 'https' }))
    return open.get(kind)
  }
  try {
    for (const file of directions) {
      const { title, run } = await import(pathToFileURL(join(folder, file)))
      console.log(`# ${title}`)
      // What goes wrong outside a check is a failed check of its own, and the next direction still runs.
      try {
        await run({ report, network })
      } catch (error) {
        await report.check(`${title}: set up`, () => Promise.reject(error))
      }
    }
  } finally {
    for (const one of await Promise.allSettled(open.values())) await one.value?.close()
  }
}
process.exit(report.end())
