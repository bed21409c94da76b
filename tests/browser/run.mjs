// Runs every file of journeys/ against one `passport demo`.
//   node run.mjs [--only REGEX] [--from FOLDER] [--part N/M]        last line: 'N passed, N failed[, N skipped]'
// With --part every M-th of them from the N-th on, so that M runs beside each other take all.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startNetwork, unavailable } from '../interop/lib/passport.mjs'
import { Report } from '../interop/lib/report.mjs'
import { findChromium, launch } from './lib/browser.mjs'

const word = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise)
const folder = join(dirname(fileURLToPath(import.meta.url)), word('--from', 'journeys'))
const only = new RegExp(word('--only', ''))
const [part, parts] = word('--part', '1/1').split('/').map(Number)
if (!(part >= 1 && part <= parts)) throw new Error(`--part takes N/M with N from 1 to M, as 1/2, and not ${word('--part')}`)
const report = new Report()
const chosen = readdirSync(folder).filter((file) => file.endsWith('.mjs') && only.test(file)).sort()
const journeys = chosen.filter((_, place) => place % parts === part - 1)
const chromium = findChromium()
const problem = chromium ? await unavailable() : 'no Chromium on this machine (Debian package `chromium`)'

if (problem) report.missing('browser journeys', problem)
else {
  const network = await startNetwork()
  let browser
  try {
    browser = await launch(chromium)
    for (const file of journeys) {
      const { title, run } = await import(pathToFileURL(join(folder, file)))
      console.log(`# ${title}`)
      try {
        await run({ report, network, browser })
      } catch (error) {
        await report.check(`${title}: set up`, () => Promise.reject(error))
      }
    }
  } finally {
    await browser?.close()
    await network.close()
  }
}
process.exit(report.end())
