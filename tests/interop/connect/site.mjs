// A web site whose OpenID Connect is npm's openid-client, and nothing of ours.
import * as oidc from 'openid-client'
import { createServer, request as httpRequest } from 'node:http'

// Node's own fetch asks the machine's resolver, which knows no names below localhost.
const local = (address, { method = 'GET', headers = {}, body } = {}) =>
  new Promise((done, fail) => {
    const lookup = (_, options, found) => (options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4))
    const sent = httpRequest(address, { method, headers: Object.fromEntries(new Headers(headers)), lookup }, (answered) => {
      const parts = []
      answered.on('data', (part) => parts.push(part))
      answered.on('end', () => done(new Response(Buffer.concat(parts), { status: answered.statusCode, headers: answered.headers })))
    })
    sent.on('error', fail)
    sent.end(body === undefined || body === null ? undefined : String(body))
  })

export async function startSite({ issuer, port, origin, client }) {
  const config = await oidc.discovery(new URL(issuer), client.client_id, client.client_secret, undefined, {
    execute: [oidc.allowInsecureRequests],
    [oidc.customFetch]: local,
  })
  const site = { used: undefined }
  let waiting
  let tokens

  async function login(response) {
    const verifier = oidc.randomPKCECodeVerifier()
    waiting = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true }
    const to = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid profile email offline_access',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: waiting.expectedState,
      nonce: waiting.expectedNonce,
    })
    response.writeHead(302, { location: to.href }).end()
  }

  async function callback(address, response) {
    response.setHeader('content-type', 'text/plain')
    try {
      tokens = await oidc.authorizationCodeGrant(config, address, waiting)
      const claims = tokens.claims()
      const info = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
      response.end(JSON.stringify({ claims, info }))
    } catch (error) {
      response.end(JSON.stringify({ error: error.error ?? error.message }))
    }
  }

  const server = createServer((request, response) => {
    const address = new URL(request.url, origin)
    if (address.pathname === '/login') return login(response)
    if (address.pathname === '/callback') return callback(address, response)
    if (address.pathname === '/logout') {
      const to = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${origin}/`, state: 'out' })
      return response.writeHead(302, { location: to.href }).end()
    }
    response.setHeader('content-type', 'text/plain')
    return response.end('the site')
  })
  await new Promise((done) => server.listen(port, '127.0.0.1', done))

  site.refreshWith = (token) => oidc.refreshTokenGrant(config, token)
  site.refresh = async () => {
    site.used = tokens.refresh_token
    tokens = { ...tokens, ...(await site.refreshWith(site.used)) }
    return tokens
  }
  site.userInfo = async () => {
    const answered = await local(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } })
    return answered.status
  }
  site.close = () => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  }
  return site
}
