// A login that a space has already: an OpenID Connect provider with a page on which somebody chooses who they are. A stub behind real
// HTTP: it checks client, address and PKCE as providers do, and signs by RS256, as most of them.
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
const random = () => base64url(randomBytes(16))

const page = (query, people) => `<!doctype html><html lang="en"><title>Kiln account</title><main><h1>Kiln account</h1>
<form action="/signed-in"><input type="hidden" name="query" value="${encodeURIComponent(query)}">
${people.map((name) => `<button name="who" value="${name}">${name}</button>`).join('\n')}
<button name="who" value="">Cancel</button></form></main></html>`

// `people`: by name, the claims of each. Until the origin of the space is known, nobody is sent back.
export async function startLogin(people, client) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'login-1', alg: 'RS256', use: 'sig' }
  const codes = new Map()
  const login = { space: undefined, refused: [] }
  const signed = (claims) => {
    const text = [{ alg: 'RS256', kid: key.kid }, claims].map((part) => base64url(JSON.stringify(part))).join('.')
    return `${text}.${base64url(createSign('RSA-SHA256').update(text).sign(privateKey))}`
  }
  const back = () => `${login.space}/no-passport/login/return`
  const json = (response, status, body) => response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body))
  const wrong = (response, what) => {
    login.refused.push(what)
    json(response, 400, { error: 'invalid_request', error_description: what })
  }
  const answers = {
    '/.well-known/openid-configuration': (_, response) => json(response, 200, {
      issuer: login.issuer, authorization_endpoint: `${login.issuer}/authorize`, token_endpoint: `${login.issuer}/token`, jwks_uri: `${login.issuer}/keys`,
      response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], code_challenge_methods_supported: ['S256'],
    }),
    '/keys': (_, response) => json(response, 200, { keys: [key] }),
    '/authorize': ({ search, searchParams: asked }, response) => {
      if (asked.get('client_id') !== client.id || asked.get('redirect_uri') !== back()) return wrong(response, 'client_id or redirect_uri')
      if (asked.get('code_challenge_method') !== 'S256') return wrong(response, 'code_challenge_method')
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(search, Object.keys(people)))
    },
    '/signed-in': ({ searchParams }, response) => {
      const asked = new URLSearchParams(decodeURIComponent(searchParams.get('query')))
      const who = people[searchParams.get('who')]
      const code = random()
      if (who) codes.set(code, { who, challenge: asked.get('code_challenge'), nonce: asked.get('nonce') })
      const answer = new URLSearchParams({ ...(who ? { code } : { error: 'access_denied' }), state: asked.get('state') })
      response.writeHead(303, { location: `${back()}?${answer}` }).end()
    },
    '/token': (_, response, form, authorization) => {
      const code = codes.get(form.get('code'))
      codes.delete(form.get('code'))
      if (authorization !== `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`) return wrong(response, 'client')
      const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url')
      if (!code || code.challenge !== challenge || form.get('redirect_uri') !== back()) return wrong(response, 'code')
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: login.issuer, aud: client.id, iat: now, exp: now + 300, nonce: code.nonce, ...code.who }
      json(response, 200, { id_token: signed(claims), access_token: random(), token_type: 'Bearer', expires_in: 60 })
    },
  }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => { body += part }).on('end', () => {
      const url = new URL(request.url, login.issuer)
      const answer = answers[url.pathname]
      if (answer) answer(url, response, new URLSearchParams(body), request.headers.authorization)
      else response.writeHead(204).end()
    })
  })
  const listen = (port) => new Promise((done) => server.listen(port, '127.0.0.1', done))
  await listen(0)
  const { port } = server.address()
  login.issuer = `http://login.localhost:${port}`
  login.close = () => new Promise((done) => server.close(done).closeAllConnections())
  login.open = () => listen(port)
  return login
}
