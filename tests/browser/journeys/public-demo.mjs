// A phone takes part in a demo that is served under public names, behind something that ends TLS.
import { accessibilityFaults, findChromium, launch, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, passport, startNetwork } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { join } from 'node:path'

export const title = 'A demo for other machines'

const zone = 'demo.example.org'

export async function run({ report }) {
  const network = await startNetwork({ zone })
  const browser = await launch(findChromium(), [`--host-resolver-rules=MAP *.${zone} 127.0.0.1:${network.front.at}`])
  const at = (party) => `https://${party}.${zone}`
  const store = join(network.dir, 'public.store')
  const wallet = async (...words) => {
    const { code, stdout, stderr } = await passport([binary, 'wallet', ...words, '--store', store, '--yes'])
    if (code !== 0) throw new Error(`passport wallet ${words[0]} ended with ${code}: ${stderr.trim().slice(-300)}`)
    return stdout
  }
  // The authority of this run is none that a browser knows.
  const hand = await openPage(browser, { ...phone, ignoreHTTPSErrors: true }, zone)
  try {
    await report.check('its parties have their public names in their identifiers, and no port', async () => {
      for (const did of Object.values(network.dids)) truthy(new RegExp(`^did:webvh:[^:]+:[a-z-]+\\.${zone.replaceAll('.', '\\.')}$`).test(did), did)
    })
    await report.check('a member joins from a phone', async () => {
      await wallet('init')
      await wallet('network', `${at('operator')}/network.json`, ...network.front.ways)
      const { offer } = await answerOf([binary, 'issuer', 'offer', '--data', network.data])
      truthy(offer.includes(encodeURIComponent(at('office'))) || offer.includes(`office.${zone}`), offer)
      await wallet('accept-offer', offer, ...network.front.ways)
      await hand.page.goto(`${at('kiln-north')}/join`)
      equal(await accessibilityFaults(hand.page), [], 'accessibility faults')
      const link = await hand.page.locator('.actions a').first().getAttribute('href')
      // The page would go on by itself.
      await hand.page.goto('about:blank')
      const said = await wallet('present', link, ...network.front.ways)
      const address = said.match(/https:\/\/\S+\/join\/\S+/)?.[0]
      truthy(address?.startsWith(at('kiln-north')), `no page to go on at: ${said}`)
      await hand.page.goto(address)
      truthy((await hand.page.locator('h1').innerText()).includes('Welcome'), 'no welcome')
    })
    await report.check('the page with the mails says that everybody sees them', async () => {
      await hand.page.goto(`${at('mail')}/`)
      truthy((await hand.page.locator('main').innerText()).includes('shown here to everybody'), 'not said')
    })
    await report.check('no page broke a rule or called another host', async () => equal(hand.faults, [], 'faults'))
  } finally {
    await hand.close()
    await browser.close()
    await network.close()
  }
}
