// An issuer that promises and gives later (OpenID4VCI 1.0 §9), or says no then. What it signs is under a root of its own.
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJws, jws, newKey, now, random } from '../../interop/hostile/verifier-issuer/lib/jose.mjs'
import { certificate, name, pem } from '../../interop/hostile/verifier-issuer/lib/x509.mjs'

const grant = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
export const kind = 'urn:example:library-card'

// `ready()` lets it give what it has promised; `refuse(words)` has it say no. `asked` counts how often it was asked for it.
export async function startLater(dir) {
  const [rootKey, key] = [newKey(), newKey()]
  const rootName = name('A library root')
  const root = certificate({ subject: rootName, issuer: rootName, key: rootKey, signer: rootKey, ca: true, pathLength: 0 })
  const leaf = certificate({ subject: name('City library'), issuer: rootName, key, signer: rootKey, san: { dns: ['later.localhost'] } })
  const ca = join(dir, 'library.pem')
  writeFileSync(ca, pem(root))
  const promised = new Map()
  let outcome = 'later'
  let asked = 0
  let base = ''
  const metadata = () => ({
    credential_issuer: base, credential_endpoint: `${base}/credential`, deferred_credential_endpoint: `${base}/deferred`, nonce_endpoint: `${base}/nonce`,
    display: [{ name: 'City library' }],
    credential_configurations_supported: {
      card: {
        format: 'dc+sd-jwt', vct: kind, cryptographic_binding_methods_supported: ['jwk'],
        proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
        credential_metadata: { display: [{ name: 'Library card' }] },
      },
    },
  })
  const card = (holder) => {
    const header = { alg: 'ES256', typ: 'dc+sd-jwt', x5c: [leaf.toString('base64')] }
    return `${jws(header, { vct: kind, iat: now(), cnf: { jwk: holder }, given_name: 'Ada' }, key)}~`
  }
  const answers = {
    '/.well-known/openid-credential-issuer': () => [200, metadata()],
    '/.well-known/oauth-authorization-server': () => [200, { issuer: base, token_endpoint: `${base}/token`, 'pre-authorized_grant_anonymous_access_supported': true }],
    '/token': () => [200, { access_token: random(), token_type: 'Bearer', expires_in: 3600 }],
    '/nonce': () => [200, { c_nonce: random() }],
    '/credential': (body) => {
      const id = random()
      promised.set(id, JSON.parse(body).proofs.jwt.map((proof) => decodeJws(proof).header.jwk))
      return [202, { transaction_id: id, interval: 3 }]
    },
    '/deferred': (body) => {
      asked += 1
      const id = JSON.parse(body).transaction_id
      if (outcome === 'later') return [202, { transaction_id: id, interval: 3 }]
      if (outcome === 'ready') return [200, { credentials: promised.get(id).map((holder) => ({ credential: card(holder) })) }]
      return [400, { error: 'credential_request_denied', reason: outcome }]
    },
  }
  const server = createServer(async (request, response) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const answer = answers[new URL(request.url, 'http://x').pathname]
    const [status, body] = answer ? answer(Buffer.concat(parts).toString()) : [404, { error: 'not_found' }]
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body))
  })
  await new Promise((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  base = `http://later.localhost:${server.address().port}`
  const offer = () => ({ credential_issuer: base, credential_configuration_ids: ['card'], grants: { [grant]: { 'pre-authorized_code': random() } } })
  return {
    ca,
    offer: () => `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(offer()))}`,
    later: () => (outcome = 'later'),
    ready: () => (outcome = 'ready'),
    refuse: (words) => (outcome = words),
    asked: () => asked,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
