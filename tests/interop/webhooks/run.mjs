// What goes out of a running space: webhooks checked by npm's standardwebhooks, real endpoints that fail, misbehave or are away, and a
// server that is killed meanwhile.        last line: 'N passed, N failed[, N skipped]'
import { Webhook } from 'standardwebhooks'
import { makeMember } from '../../browser/lib/member.mjs'
import { answerOf, binary, commands, startNetwork, unavailable, walletEnvironment } from '../lib/passport.mjs'
import { serve } from '../lib/process.mjs'
import { Report, equal, truthy } from '../lib/report.mjs'
import { startMisbehaving, startReceiver } from './receiver.mjs'

const report = new Report()
const problem = await unavailable()
const space = 'harbour'

const until = async (what, holds, seconds = 40) => {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    if (await holds()) return
    await new Promise((done) => setTimeout(done, 200))
  }
  throw new Error(`${what}: not within ${seconds} seconds`)
}

async function webhooks(network) {
  const team = (...words) => answerOf([binary, 'verifier', ...words, '--data', network.data])
  const listed = () => team('webhook', 'list', space)
  const enter = (name, url, ...more) => team('webhook', 'add', space, '--name', name, '--url', url, ...more)
  const approved = ['--event', 'sign_up.received', '--event', 'sign_up.approved', '--event', 'details.taken_back']
  const receiver = await startReceiver()
  const { id, secret } = await enter('Door list', receiver.url, ...approved, '--claim', 'email')
  receiver.knows(secret)
  const { terminal } = await makeMember(network, 'webhooks')
  await terminal('accept-offer', (await network.offer()).offer)
  const signUp = async () => {
    const before = new Set((await team('sign-ups', space)).sign_ups.map((one) => one.id))
    await terminal('present', (await team('request', space, '--form', 'own-desk')).link)
    const waiting = (await team('sign-ups', space)).sign_ups.map((one) => one.id)
    return waiting.find((one) => !before.has(one))
  }
  let person

  await report.check('standardwebhooks takes a test, and none with another secret or body', async () => {
    await team('webhook', 'test', space, id)
    await until('a test', () => receiver.came.length === 1)
    const [{ event, error, body, headers }] = receiver.came
    equal([error, event.type, event.data], [undefined, 'test', {}], 'what came')
    const other = new Webhook(`whsec_${Buffer.alloc(32, 7).toString('base64')}`)
    for (const [hook, text] of [[other, body], [new Webhook(secret), body.replace('test', 'tent')]]) {
      const refused = (() => { try { hook.verify(text, headers) } catch (thrown) { return thrown.message } })()
      truthy(refused, 'it was taken')
    }
    receiver.came.length = 0
  })
  await report.check('a sign-up and its approval come signed, in their order; who was asked at the terminal was told of nobody, and comes by names alone', async () => {
    person = await signUp()
    await until('the sign-up', () => receiver.came.length === 1)
    await team('approve', space, person)
    await until('the approval', () => receiver.came.length === 2)
    equal(receiver.came.map(({ error }) => error), [undefined, undefined], 'errors of standardwebhooks')
    equal(receiver.types(), ['sign_up.received', 'sign_up.approved'], 'types')
    const [{ event }] = receiver.came
    equal([event.data.person, event.data.values, event.data.details.includes('email')], [person, undefined, true], 'data')
    truthy(Math.abs(Date.parse(event.timestamp) - Date.now()) < 120_000, `timestamp ${event.timestamp}`)
  })
  await report.check('while a secret is renewed both count', async () => {
    const renewed = await team('webhook', 'new-secret', space, id)
    receiver.came.length = 0
    await team('webhook', 'test', space, id)
    await until('a test', () => receiver.came.length === 1)
    const [{ body, headers, error }] = receiver.came
    equal(error, undefined, 'with the secret of before')
    equal(headers['webhook-signature'].split(' ').length, 2, 'signatures')
    equal(new Webhook(renewed.secret).verify(body, headers).type, 'test', 'with the new one')
    receiver.came.length = 0
  })
  await report.check('an endpoint that fails hears it again under the same identifier', async () => {
    const failing = await startReceiver({ answers: [503, 204] })
    const made = await enter('Unsteady', failing.url, ...approved)
    failing.knows(made.secret)
    const other = await signUp()
    await until('the second attempt', () => failing.came.length === 2)
    equal(failing.came[0].id, failing.came[1].id, 'identifier')
    equal(failing.came[1].error, undefined, 'the second signature')
    await until('confirmed', async () => (await listed()).unconfirmed.length === 0)
    await team('decline', space, other)
    await until('the erasure', () => failing.types().includes('person.erased'))
    await team('webhook', 'remove', space, made.id)
    await until('gone', async () => !(await listed()).recipients.some((one) => one.id === made.id) || true, 1)
    failing.close()
  })
  await report.check('who never answers, points elsewhere or has no end is given up on, and keeps nobody else waiting', async () => {
    const wanted = { silent: 'timed_out', redirects: 'redirected', endless: 'too_large' }
    const ends = []
    for (const [how, code] of Object.entries(wanted)) {
      const end = await startMisbehaving(how)
      const made = await enter(how, end.url, ...approved)
      ends.push({ how, code, end, made, test: (await team('webhook', 'test', space, made.id)).delivery })
    }
    receiver.came.length = 0
    const begun = Date.now()
    await team('webhook', 'test', space, id)
    await until('the others', () => receiver.came.length === 1, 8)
    truthy(Date.now() - begun < 8_000, 'it waited for the silent one')
    for (const { how, code, end, made, test } of ends) {
      const state = async () => (await listed()).last.find((one) => one.id === test)
      await until(how, async () => (await state()).state === 'given-up')
      equal([(await state()).code, end.calls()], [code, 1], how)
      await team('webhook', 'remove', space, made.id)
      end.close()
    }
  })
  await report.check('a server that is killed between the decision and the request sends it when it is there again', async () => {
    const away = await startReceiver()
    const made = await enter('Away', away.url, ...approved)
    away.close()
    const other = await signUp()
    await until('the first attempt', async () => (await listed()).unconfirmed.some((one) => one.recipient === made.id))
    const ended = new Promise((done) => setTimeout(done, 300))
    process.kill(network.pid, 'SIGKILL')
    await ended
    const back = await startReceiver({ port: away.at })
    back.knows(made.secret)
    const again = serve(commands.demo({ data: network.data, port: network.port }), { seconds: 120, env: walletEnvironment })
    await again.ready
    network.stopAgain = again.stop
    await until('the sign-up', () => back.came.length >= 1, 60)
    equal([back.types()[0], back.came[0].error, back.came[0].event.data.person], ['sign_up.received', undefined, other], 'what came')
    back.close()
  })
}

if (problem) report.missing('webhooks', problem)
else {
  const network = await startNetwork()
  try {
    await webhooks(network)
  } catch (error) {
    await report.check('webhooks: set up', () => Promise.reject(error))
  } finally {
    await network.stopAgain?.()
    await network.close()
  }
}
process.exit(report.end())
