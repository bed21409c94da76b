// Endpoints as other software has them: one that checks with npm's standardwebhooks, and some that misbehave.
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const listening = (server, port) =>
  new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', () => done(server.address().port)))

const bodyOf = async (request) => {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

// Keeps what came and whether its signature held. `answers` are statuses, the last one for everything after.
export async function startReceiver({ port = 0, answers = [204] } = {}) {
  const came = []
  let secret
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    let error
    let event
    try {
      event = secret ? new Webhook(secret).verify(body, request.headers) : undefined
    } catch (refused) {
      error = refused.message
    }
    came.push({ id: request.headers['webhook-id'], method: request.method, path: request.url, headers: request.headers, body, event, error })
    response.writeHead(answers.length > 1 ? answers.shift() : answers[0]).end()
  })
  const at = await listening(server, port)
  return {
    came, at, url: `http://hooks.localhost:${at}/in`,
    knows: (given) => { secret = given },
    types: () => came.map(({ event }) => event?.type),
    close: () => { server.closeAllConnections(); server.close() },
  }
}

// One that never answers, one that points elsewhere, one that has no end.
export async function startMisbehaving(how) {
  let calls = 0
  const server = createServer((request, response) => {
    calls++
    request.resume()
    if (how === 'redirects') response.writeHead(307, { location: 'http://hooks.localhost:1/elsewhere' }).end()
    if (how === 'endless') {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => { while (response.writable && response.write(Buffer.alloc(65_536))); }
      response.on('drain', more).on('error', () => {})
      more()
    }
  })
  const at = await listening(server, 0)
  return { url: `http://hooks.localhost:${at}/in`, calls: () => calls, close: () => { server.closeAllConnections(); server.close() } }
}
