// An office that checks nothing and gives all it has, in this process: every attack must succeed on it (selftest.mjs).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFlow } from './client.mjs'
import { decrypt, encrypt, newKey, publicOf, random } from './jose.mjs'

export function naiveIssuer() {
  const dir = mkdtempSync(join(tmpdir(), 'naive-issuer-'))
  const issuer = 'http://office.localhost:1'
  const requestKey = newKey()
  const names = ['token', 'credential', 'nonce', 'notification', 'par', 'authorize', 'challenge', 'deferred']
  const at = Object.fromEntries(names.map((name) => [name, `${issuer}/${name}`]))
  const encryption = { enc_values_supported: ['A256GCM', 'A128GCM'], zip_values_supported: ['DEF'] }
  const metadata = {
    credential_issuer: issuer, credential_endpoint: at.credential, nonce_endpoint: at.nonce, notification_endpoint: at.notification, deferred_credential_endpoint: at.deferred, batch_credential_issuance: { batch_size: 2 },
    credential_request_encryption: { jwks: { keys: [{ ...publicOf(requestKey), kid: 'k', alg: 'ECDH-ES', d: undefined }] }, encryption_required: 'wrong', ...encryption },
    credential_configurations_supported: { badge: { format: 'dc+sd-jwt', vct: 'urn:badge', scope: 'badge' }, other: { format: 'dc+sd-jwt', vct: 'urn:other', scope: 'other' } },
  }
  const server = { issuer, token_endpoint: at.token, pushed_authorization_request_endpoint: at.par, authorization_endpoint: at.authorize, challenge_endpoint: at.challenge }
  // What was pushed last: for whom the browser comes is not looked at.
  let pushed = new URLSearchParams()
  let answer = 0
  const reply = (status, json, headers = {}) => ({ status, headers, json, text: JSON.stringify(json ?? null) })

  function credential(body, type) {
    const issued = { credentials: [{ credential: 'x' }] }
    if (!/jwt/.test(type ?? '')) return reply(200, issued)
    try {
      const { jwk, enc, zip } = JSON.parse(decrypt(body, requestKey).text).credential_response_encryption
      const text = encrypt(JSON.stringify(issued), jwk, { enc, zip })
      return { status: 200, headers: { 'content-type': 'application/jwt' }, text }
    } catch {
      return reply(200, issued)
    }
  }
  const handlers = {
    '/.well-known/openid-credential-issuer': () => reply(200, metadata),
    '/.well-known/oauth-authorization-server': () => reply(200, server),
    '/par': (url, { body }) => {
      if (typeof body === 'string') pushed = new URLSearchParams(body)
      return reply(201, { request_uri: 'urn:x', expires_in: 1e6 })
    },
    '/authorize': () => ({ status: 303, headers: { location: `/passport?authorization=${++answer}` } }),
    '/passport': () => ({ status: 200, headers: {}, text: pushed.get('state') ?? '' }),
    '/authorize/continue': () => ({ status: 303, headers: { location: 'https://evil.example/back?code=short&state=evil' } }),
    '/authorize/cancel': () => ({ status: 303, headers: { location: 'https://evil.example/back?code=x' } }),
    '/token': () => reply(200, { access_token: random(), token_type: 'Bearer', expires_in: 300 }),
    '/nonce': () => reply(200, { c_nonce: random() }, { 'dpop-nonce': random() }),
    '/challenge': () => reply(200, { attestation_challenge: 'same' }),
    '/credential': (url, { body, headers }) => credential(body, headers?.['content-type']),
    '/deferred': () => reply(200, { credentials: [{ credential: 'x' }] }),
  }
  const send = async (target, how = {}) => {
    const url = new URL(target)
    return (handlers[url.pathname] ?? (() => reply(404, {})))(url, how)
  }
  const offer = { credential_issuer: issuer, credential_configuration_ids: ['badge'], grants: { authorization_code: { issuer_state: 's' }, 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'p' } } }
  const command = `echo 'openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(offer))}'`
  const providerFile = join(dir, 'provider.jwk')
  writeFileSync(providerFile, JSON.stringify(newKey()))
  const options = { 'offer-cmd': command, 'code-offer-cmd': command, 'provider-jwk': providerFile }
  // Whoever checks nothing does not even do what these wait for.
  const first = 'its first use must be refused for another reason'
  const readable = 'an answer that nobody can read is left readable here'
  const spared = {
    'credential-dpop-replayed': first, 'credential-dpop-replayed-malleable': first, 'sealed-request-readable-answer': readable,
    'proof-raced-8': 'all eight are taken', 'authorize-post': 'it answers every method alike',
  }
  return { flow: makeFlow({ send }, options), options, spared, close: () => rmSync(dir, { recursive: true }) }
}
