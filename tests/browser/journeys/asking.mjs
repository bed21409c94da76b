// What a member sees of a question and can say to it, by hand, by keyboard and by a reader of the screen.
import { lookingAs, openPage, phone } from '../lib/browser.mjs'
import { serveWallet } from '../../interop/lib/passport.mjs'
import { equal, truthy } from '../../interop/lib/report.mjs'
import { addressAt, makeMember, unlock } from '../lib/member.mjs'

export const title = 'A question in the wallet'

export async function run({ report, network, browser }) {
  const space = (name) => `http://${name}.localhost:${network.port}`
  const { store, terminal } = await makeMember(network, 'asking')
  await terminal('accept-offer', (await network.offer()).offer)
  await terminal('own', 'set', 'company', 'Canary Ltd')
  const wallet = await serveWallet(store)
  const hand = await openPage(browser, phone)
  const desk = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: 'es', colorScheme: 'dark' })
  const { page } = hand
  // Another tab, in which a question is open for long.
  const early = await page.context().newPage()
  const seen = lookingAs('asking')
  const atTheWallet = (link) => addressAt(wallet, link)
  const linkOf = async (name) => {
    await page.goto(`${space(name)}/join`)
    return page.locator('.actions a').first().getAttribute('href')
  }
  const ready = (at) => at.locator('[data-guarded][data-ready]').first().waitFor()
  const live = (at) => at.locator('[data-live]').innerText()
  const hasFocus = (at, selector) => at.locator(selector).evaluate((one) => one === document.activeElement)
  // What a reader of the screen is told, in its order: role and name.
  const told = async (at) => {
    const client = await at.context().newCDPSession(at)
    const { nodes } = await client.send('Accessibility.getFullAXTree')
    const byId = new Map(nodes.map((node) => [node.nodeId, node]))
    const inOrder = (node) => [node, ...(node.childIds ?? []).flatMap((id) => (byId.has(id) ? inOrder(byId.get(id)) : []))]
    const kinds = ['heading', 'group', 'checkbox', 'radio', 'combobox', 'Date', 'status', 'button', 'alert', 'DisclosureTriangle']
    return inOrder(nodes[0])
      .filter((node) => !node.ignored && kinds.includes(node.role?.value))
      .map((node) => ({ role: node.role.value, name: node.name?.value ?? '', level: node.properties?.find(({ name }) => name === 'level')?.value.value }))
  }
  try {
    await unlock(page, wallet)
    await unlock(desk.page, wallet)
    await report.check('the common case is one touch, and ten seconds are plenty', async () => {
      const link = atTheWallet(await linkOf('harbour'))
      await page.goto(link)
      await ready(page)
      const took = await page.evaluate(() => {
        const [{ requestStart, responseEnd }] = performance.getEntriesByType('navigation')
        return Math.round(responseEnd - requestStart)
      })
      truthy((await live(page)).includes('You would share: e-mail address, first name, last name'), await live(page))
      await seen(page, 'the common case')
      let touches = 0
      const begun = performance.now()
      await page.getByRole('button', { name: 'Share', exact: true }).tap()
      touches += 1
      await page.waitForURL(`${space('harbour')}/join/answer`)
      const whole = Math.round(performance.now() - begun)
      console.log(`  the common case: ${touches} touch, the question was there after ${took} ms, and done ${whole} ms after the touch`)
      truthy(touches === 1 && whole < 10000 && took < 2000, `${touches} touches, ${took} ms, ${whole} ms`)
    })
    await report.check('a question of a space is open in another tab', async () => {
      await early.goto(atTheWallet(await linkOf('kiln-north')))
      await ready(early)
      truthy(!(await early.locator('main').innerText()).includes('member of Kiln North already'), 'said too early')
    })
    await report.check('a reader of the screen hears what is asked in its order, with what each thing belongs to', async () => {
      await page.goto(atTheWallet(await linkOf('kiln-north')))
      await ready(page)
      const all = await told(page)
      const place = (role, name) => all.findIndex((one) => one.role === role && one.name.includes(name))
      const order = [
        ['heading', 'Kiln North asks you'], ['heading', 'Needed'], ['group', 'e-mail address'], ['checkbox', 'e-mail address'],
        ['heading', 'Optional'], ['group', 'date of birth'], ['heading', 'Why, how long, and who sees it'], ['status', ''],
        ['button', 'Share'], ['button', 'Not now'], ['button', 'Say no to them'],
      ].map(([role, name]) => place(role, name))
      truthy(order.every((at, index) => at >= 0 && (index === 0 || at > order[index - 1])), `out of order: ${order} of ${JSON.stringify(all)}`)
      equal(all.filter(({ role }) => role === 'heading').map(({ level }) => level), [1, 2, 2, 2], 'levels of headings')
      const unnamed = all.filter(({ name }) => !name).map(({ role }) => role)
      // What unfolds is a group without a name of its own, around a button that has one.
      const unfolding = all.filter(({ role }) => role === 'DisclosureTriangle').map(() => 'group')
      equal(unnamed.filter((role) => role !== 'status'), unfolding, `without a name, in ${JSON.stringify(all)}`)
    })
    await report.check('who sees a detail is named by space and role, and changes as it is chosen', async () => {
      truthy((await page.locator('main').innerText()).includes('The team of Kiln North sees it, no other space of Kiln, unless you say otherwise.'), 'no default')
      await page.locator('summary', { hasText: 'Who sees it' }).click()
      await page.locator('#seen-email').selectOption('brand')
      await page.getByText('Seen by the teams and the members of Kiln North and Kiln South.').waitFor()
      await page.locator('#seen-given_name').selectOption('members')
      await page.getByText('Seen by the team and the members of Kiln North.').waitFor()
      equal(await page.locator('#seen-family_name-by').innerText(), 'Seen by the team of Kiln North.', 'of what was not chosen')
      await seen(page, 'who sees it')
    })
    await report.check('a refused tick is said at once, and pressing Share all the same leads to the sentence', async () => {
      await page.locator('#parts input').first().uncheck()
      await page.getByText('Needed, and it would not be shared like this: e-mail address').waitFor()
      equal(await page.locator('[data-share]').getAttribute('aria-disabled'), 'true', 'Share')
      await page.locator('[data-share]').focus()
      await page.keyboard.press('Enter')
      truthy(await hasFocus(page, '[data-live]'), 'the focus is not at the sentence')
      await seen(page, 'a refused tick')
      await page.locator('#parts input').first().check()
      await page.locator('[data-share]:not([aria-disabled])').waitFor()
    })
    await report.check('a day on which all goes is refused when it is too near, with the focus at the sentence', async () => {
      await page.locator('summary', { hasText: 'Until when' }).click()
      await page.locator('#until').fill('2020-01-01')
      await page.getByText('Choose a day from').waitFor()
      // As a browser without scripts would send it.
      await page.evaluate(() => {
        const form = document.querySelector('form[data-check]')
        const answer = Object.assign(document.createElement('input'), { type: 'hidden', name: 'answer', value: 'share' })
        form.append(answer)
        form.submit()
      })
      await page.locator('.summary').waitFor()
      truthy(await hasFocus(page, '.summary'), 'the focus is not at the sentence')
      equal(await page.locator('#until').inputValue(), '2020-01-01', 'what was typed')
      equal(await page.locator('#seen-email').inputValue(), 'brand', 'what was chosen')
      await seen(page, 'a day that is too near')
      hand.faults.splice(0)
      const later = new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10)
      await page.locator('#until').fill(later)
      await page.locator('[data-share]:not([aria-disabled])').waitFor()
      await ready(page)
      const address = page.url()
      await page.getByRole('button', { name: 'Share', exact: true }).tap()
      await page.waitForURL(`${space('kiln-north')}/join/answer`)
      await page.goto(address)
      await page.getByText('a membership').first().waitFor({ timeout: 40000 })
      await page.goto(`${wallet.url}/spaces`)
      await page.getByRole('link', { name: 'Kiln North', exact: true }).click()
      await page.getByText('it has').first().waitFor()
      const has = await page.locator('main').innerText()
      truthy(has.includes(later), `the day is not told: ${has}`)
    })
    await report.check('whoever has joined meanwhile reads it before an answer that was begun before', async () => {
      await early.bringToFront()
      await ready(early)
      await early.getByRole('button', { name: 'Share', exact: true }).tap()
      await early.locator('.summary').getByText('you are a member of Kiln North already').waitFor()
      truthy(await hasFocus(early, '.summary'), 'the focus is not at the sentence')
      await seen(early, 'a member already')
      await early.getByRole('button', { name: 'Not now' }).tap()
      await early.getByText('Nothing was sent.').waitFor()
      await page.bringToFront()
    })
    await report.check('what links a member is one calm sentence, in Spanish too, and the purpose is in the language of the page', async () => {
      await desk.page.goto(atTheWallet(await linkOf('kiln-south')))
      await ready(desk.page)
      const main = await desk.page.locator('main').innerText()
      truthy(main.includes('Kiln South te pide datos'), main)
      equal(main.match(/podrían saber que eres la misma persona/g)?.length, 1, `sentences: ${main}`)
      truthy(/Kiln South, Harbour y Kiln North podrían saber/.test(main) || /Kiln South, Kiln North y Harbour podrían saber/.test(main), main)
      truthy(main.includes('Hacerte miembro') || !main.includes('Becoming a member'), `an English purpose: ${main}`)
      equal(await desk.page.locator('[data-links] .wrong-text').count(), 0, 'alarms')
      await seen(desk.page, 'linked, in Spanish')
      await desk.page.getByRole('button', { name: 'Ahora no' }).click()
    })
    await report.check('of what is too much something else is offered instead, by keyboard, and the second ask shows what is new', async () => {
      const asked = await network.request({ space: 'kiln-south', form: 'late-evening-by-birthdate' })
      const keyboard = await openPage(browser, { viewport: { width: 1280, height: 800 } })
      await unlock(keyboard.page, wallet)
      await keyboard.page.goto(atTheWallet(asked.link ?? asked.request))
      await ready(keyboard.page)
      const main = await keyboard.page.locator('main').innerText()
      truthy(main.includes('Not registered: Kiln South did not tell the network that it asks for this.'), main)
      truthy(main.includes('You can offer something else instead: that you are 16 or older, that you are 18 or older'), main)
      await seen(keyboard.page, 'too much is asked')
      await keyboard.page.locator('#parts input').first().focus()
      let keys = 0
      const press = async (key) => {
        keys += 1
        await keyboard.page.keyboard.press(key)
      }
      while (!(await hasFocus(keyboard.page, '#instead-0')) && keys < 40) await press('Tab')
      await press('ArrowDown')
      await press('ArrowDown')
      await keyboard.page.waitForFunction(() => document.querySelector('#instead-0').value === 'age_equal_or_over.18')
      await keyboard.page.getByText('You chose something to offer instead.').waitFor()
      await press('Tab')
      await press('Enter')
      await keyboard.page.getByText('They ask this in the place of what they asked before.').waitFor()
      console.log(`  offered something else by ${keys} keys`)
      const anew = await keyboard.page.locator('main').innerText()
      truthy(anew.includes('Not asked any more: date of birth'), anew)
      truthy(anew.includes('Asked now: that you are 18 or older'), anew)
      await seen(keyboard.page, 'asked anew')
      await ready(keyboard.page)
      await keyboard.page.getByRole('button', { name: 'Not now' }).click()
      await keyboard.page.getByText('Nothing was sent.').waitFor()
      equal(keyboard.faults, [], 'faults')
      await keyboard.close()
    })
    await report.check('a no to less is said in words with their reason, and the question is answered after all', async () => {
      await page.goto(atTheWallet(await linkOf('kiln-north')))
      await ready(page)
      await page.locator('#less > summary').tap()
      await page.locator('#instead-0').selectOption('age_equal_or_over.18')
      await page.getByRole('button', { name: 'Offer only this' }).tap()
      await page.getByRole('heading', { name: 'Less is not enough' }).waitFor()
      const main = await page.locator('main').innerText()
      truthy(main.includes('Kiln North wants all that is needed. Nothing was shared.'), main)
      truthy(main.includes('They say: “what was offered in the place of date of birth is not taken there, and nothing is taken in its place”'), main)
      truthy(!/counter_offer_declined|birthdate|age_equal_or_over/.test(main), `a raw name: ${main}`)
      await seen(page, 'less is not enough')
      await page.getByRole('link', { name: 'Answer it after all' }).tap()
      await ready(page)
      truthy((await page.locator('main').innerText()).includes('date of birth'), 'the question is asked still')
      await page.getByRole('button', { name: 'Not now' }).tap()
      await page.getByText('Nothing was sent.').waitFor()
    })
    await report.check('what is missing is filled in from the question, which has it then and keeps the preset', async () => {
      await page.goto(atTheWallet(await linkOf('kiln-north')))
      await ready(page)
      const question = page.url().split('?')[0]
      const missing = 'You do not have this'
      truthy((await page.locator('main').innerText()).includes(missing), 'nothing is missing')
      await page.goto(`${question}?pick=all`)
      await ready(page)
      await page.getByRole('link', { name: 'Fill in your own details' }).first().tap()
      const back = page.getByRole('link', { name: 'Back to what Kiln North asks' })
      await back.waitFor()
      // Whatever else is done on the way, the way back is there.
      await page.getByRole('link', { name: 'Add a picture' }).tap()
      await page.locator('#file').waitFor({ state: 'attached' })
      await page.getByRole('link', { name: 'Back', exact: true }).tap()
      await back.waitFor()
      await page.locator('#set-name').fill('Freelance')
      await page.locator('#set-name').press('Enter')
      await page.locator('nav strong', { hasText: 'Freelance' }).waitFor()
      await back.waitFor()
      await page.getByRole('navigation').getByRole('link', { name: 'Employed' }).tap()
      await page.locator('nav strong', { hasText: 'Employed' }).waitFor()
      await back.waitFor()
      await page.getByRole('navigation').getByRole('link', { name: 'Freelance' }).tap()
      await page.locator('summary', { hasText: 'Take this set away' }).tap()
      await page.locator('#set-sure').check()
      await page.getByRole('button', { name: 'Take this set away' }).tap()
      await page.locator('#set-first').waitFor()
      await page.getByLabel(/^about you$/i).fill('Bread, mostly')
      await page.getByRole('button', { name: 'Save', exact: true }).first().tap()
      await page.getByText('Saved.').waitFor()
      await seen(page, 'saved, and the way back')
      await page.getByRole('link', { name: 'Back to what Kiln North asks' }).tap()
      await ready(page)
      equal(page.url(), `${question}?pick=all`, 'the way back')
      const main = await page.locator('main').innerText()
      truthy(!main.includes(missing), main)
      truthy((await live(page)).includes('about you'), `the preset: ${await live(page)}`)
      await page.getByRole('button', { name: 'Not now' }).tap()
      await page.getByText('Nothing was sent.').waitFor()
    })
    await report.check('the whole question by keyboard', async () => {
      const asked = await network.request({ space: 'kiln-south', form: 'late-evening' })
      await page.goto(atTheWallet(asked.link ?? asked.request))
      await ready(page)
      let keys = 0
      const order = []
      for (; keys < 60; keys += 1) {
        await page.keyboard.press('Tab')
        order.push(await page.evaluate(() => document.activeElement.dataset.share === undefined ? document.activeElement.id || document.activeElement.tagName : 'share'))
        if (order.at(-1) === 'share') break
      }
      equal(order.at(-1), 'share', `Share is not reached: ${order}`)
      truthy(await page.locator('[data-share]').evaluate((one) => getComputedStyle(one).outlineStyle !== 'none'), 'no focus is seen')
      await page.keyboard.press('Enter')
      await page.getByText('has what you shared').first().waitFor()
      console.log(`  shared by ${order.length + 1} keys: ${order.join(' ')} Enter`)
    })
    await report.check('no page broke a rule or called another host', async () => equal([...hand.faults, ...desk.faults], [], 'faults'))
  } finally {
    await hand.close()
    await desk.close()
    await wallet.stop()
  }
}
