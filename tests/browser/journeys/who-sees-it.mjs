// Who of a space's team sees a detail: the team chooses it, the member reads it before answering, and the desk comes upon the value nowhere.
import { authenticator, lookingAs, openPage, phone } from '../lib/browser.mjs'
import { answerOf, binary, serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'
import { inOwnNetwork } from '../lib/own-network.mjs'

export const title = 'Who of a team sees a detail'

const desk = { viewport: { width: 1280, height: 800 } }
const company = 'Canary & Linen Ltd'
const said = 'Who sees it: owner and managers of Harbour'

export const run = inOwnNetwork(journey)

async function journey({ report, network, browser }) {
  const space = `http://harbour.localhost:${network.port}`
  const seen = lookingAs('who-sees-it')
  const verifier = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const { store, terminal } = await makeMember(network, 'who-sees-it')
  await terminal('accept-offer', (await network.offer()).offer)
  await terminal('own', 'set', 'company', company)
  const wallet = await serveWallet(store)
  const places = []
  const enter = async (name, role) => {
    const place = await openPage(browser, desk)
    places.push(place)
    await authenticator(place.page, false)
    const { link } = await verifier('team', 'invite', 'harbour', '--name', name, '--role', role)
    await place.page.goto(link)
    await place.page.getByRole('button', { name: 'Make a passkey' }).click()
    await place.page.waitForURL(`${space}/console`)
    return place.page
  }
  const hand = await openPage(browser, phone)
  places.push(hand)
  try {
    const manager = await enter('Mara', 'manager')
    const dora = await enter('Dora', 'desk')
    await report.check('the team chooses who sees a detail, beside what people will read', async () => {
      await manager.goto(`${space}/console/rules/form/own-desk`)
      const row = manager.getByRole('group', { name: 'Company', exact: true })
      equal(await row.getByLabel('Who sees it').locator('option').allInnerTexts(), ['owner, managers and desk', 'owner and managers', 'owner alone'], 'choices')
      await row.getByLabel('Who sees it').selectOption('owner and managers')
      await manager.locator('#preview').getByText(said).first().waitFor()
      await seen(manager, 'rules')
      await manager.getByRole('button', { name: 'Save' }).click()
      await manager.getByText('Saved. Version 2 holds from now on.').waitFor()
    })
    await report.check('the member reads it before answering', async () => {
      await unlock(hand.page, wallet)
      const { link } = await verifier('request', 'harbour', '--form', 'own-desk')
      await hand.page.goto(addressAt(wallet, link))
      await hand.page.getByRole('button', { name: 'Share', exact: true }).waitFor()
      await hand.page.getByText(said).first().waitFor()
      await seen(hand.page, 'question')
      await hand.page.locator('label').filter({ hasText: company }).first().tap()
      await hand.page.locator('[data-guarded][data-ready]').first().waitFor()
      await hand.page.getByRole('button', { name: 'Share', exact: true }).tap()
      await dora.goto(`${space}/console`)
      await dora.locator('[data-row]').first().waitFor({ timeout: 20000 })
    })
    await report.check('the desk reads that it was given and who sees it, and finds nobody by it', async () => {
      await dora.goto(`${space}/console`)
      await dora.locator('[data-row] a').first().click()
      await dora.getByRole('button', { name: 'Show' }).click()
      await dora.getByText('Given, seen by owner and managers').first().waitFor()
      const text = await dora.locator('main').innerText()
      truthy(!text.includes(company), 'the desk reads it')
      await seen(dora, 'desk')
      await dora.goto(`${space}/console/contacts`)
      await dora.locator('input[name=term]').fill('canary & linen')
      await dora.keyboard.press('Enter')
      await dora.getByText('Nobody was found.').waitFor()
    })
    await report.check('the manager reads it, and finds whom it is of', async () => {
      await manager.goto(`${space}/console/contacts`)
      await manager.locator('input[name=term]').fill('canary & linen')
      await manager.keyboard.press('Enter')
      await manager.getByText('1 person was found.').waitFor()
      await manager.goto(`${space}/console`)
      await manager.locator('[data-row] a').first().click()
      await manager.getByRole('button', { name: 'Show' }).click()
      await manager.getByText(company).first().waitFor()
      await seen(manager, 'manager')
    })
    await report.check('no page broke a rule or called another host', async () => equal(places.flatMap((place) => place.faults), [], 'rules broken'))
  } finally {
    await wallet.stop()
    for (const place of places) await place.close()
  }
}
