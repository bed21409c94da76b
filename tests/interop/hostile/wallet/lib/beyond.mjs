// Behaviours of issuer.mjs beyond the pre-authorised code, honest except for their hooks: the authorisation code flow with pushed requests and
// DPoP (OpenID4VCI 1.0 §5, RFC 9126, 9207, 9449), credentials that come later (§9), encryption (§10).
import { createCipheriv, createPublicKey, diffieHellman, randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { b64u, concatKdf, decryptJwe, newKey, random, sha256, unb64u } from './crypto.mjs'

const apply = (hook, value, ...more) => (hook ? (hook(value, ...more) ?? value) : value)

// hooks: serverMetadata, par (reply), token (body), tokenReply (reply), credential (reply), returned (parameters of the address), address
export function codeFlow(hooks = {}) {
  return {
    offer: (offer, session) => ({ ...offer, grants: { authorization_code: { issuer_state: (session.issuerState = random()) } } }),
    serverMetadata: (metadata, session) => apply(hooks.serverMetadata, {
      ...metadata,
      grant_types_supported: ['authorization_code'],
      authorization_endpoint: `${session.base}/authorize`,
      pushed_authorization_request_endpoint: `${session.base}/par`,
      require_pushed_authorization_requests: true,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
      dpop_signing_alg_values_supported: ['ES256'],
    }, session),
    metadata: hooks.metadata,
    reply: {
      par: (reply, session, request, body) => {
        const form = new URLSearchParams(body)
        session.pushed = form
        session.clientId = form.get('client_id')
        session.requestUri = `urn:ietf:params:oauth:request_uri:${random()}`
        const honest = form.get('code_challenge_method') === 'S256' && form.get('response_type') === 'code' && form.has('state')
        return apply(hooks.par, honest ? { status: 201, body: { request_uri: session.requestUri, expires_in: 60 } } : { status: 400, body: { error: 'invalid_request' } }, session, request)
      },
      token: (reply, session, request, body) => {
        const form = new URLSearchParams(body)
        const fits = form.get('code') === session.code && form.get('redirect_uri') === session.pushed?.get('redirect_uri') && request.headers.dpop &&
          b64u(sha256(form.get('code_verifier') ?? '')) === session.pushed?.get('code_challenge')
        if (!fits) return { status: 400, body: { error: 'invalid_grant' } }
        session.tokenType = 'DPoP'
        return apply(hooks.tokenReply, { status: 200, body: apply(hooks.token, { access_token: session.accessToken, token_type: 'DPoP', expires_in: 300 }, session) }, session, request)
      },
      ...(hooks.credential ? { credential: hooks.credential } : {}),
    },
    // The browser: where it ends.
    browse: (address, session) => {
      const parameters = apply(hooks.returned, [['code', session.code], ['state', session.pushed.get('state')], ['iss', session.base]], session)
      const returned = apply(hooks.address, `${session.pushed.get('redirect_uri')}?${new URLSearchParams(parameters)}`, session)
      session.trace.push({ step: 'returned', address: returned.replace(/state=[\w-]+/, 'state=<state>'), page: address.replace(/request_uri=[^&]+/, 'request_uri=<uri>') })
      session.fired ||= Boolean(hooks.returned || hooks.address)
      return returned
    },
  }
}

// hooks: first (the 202), later (what the deferred endpoint answers; gets the number of the call and the honest answer)
export function deferring(hooks = {}) {
  const waiting = () => ({ status: 202, body: { transaction_id: 'attack-1', interval: 1 } })
  return {
    metadata: (metadata, session) => apply(hooks.metadata, { ...metadata, deferred_credential_endpoint: `${session.base}/deferred` }, session),
    reply: {
      credential: (reply, session) => ((session.ready = reply), reply.status ? reply : apply(hooks.first, waiting(), session)),
      deferred: (reply, session, request) => apply(hooks.later, session.ready, session, session.counts.deferred, waiting(), request),
    },
  }
}

// ECDH-ES with AES-GCM, by hand; faults: enc, header, zip, tagLength, lieApu, epkPrivate.
export function encryptJwe(text, jwk, fault = {}) {
  const ephemeral = newKey()
  const header = { alg: 'ECDH-ES', enc: fault.enc ?? 'A128GCM', kid: jwk.kid, epk: fault.epkPrivate ? ephemeral.privateKey.export({ format: 'jwk' }) : ephemeral.jwk, ...(fault.zip ? { zip: 'DEF' } : {}), ...fault.header }
  const { kty, crv, x, y } = jwk
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }) })
  const cek = concatKdf(secret, { ...header, enc: fault.enc ?? 'A128GCM' })
  if (fault.lieApu) header.apu = b64u('lie')
  const iv = randomBytes(12)
  const cipher = createCipheriv(cek.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', cek, iv, { authTagLength: 16 })
  const protectedHeader = b64u(JSON.stringify(header))
  cipher.setAAD(Buffer.from(protectedHeader))
  const plain = fault.zip ? deflateRawSync(Buffer.from(text)) : Buffer.from(text)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return `${protectedHeader}..${b64u(iv)}.${b64u(body)}.${b64u(cipher.getAuthTag().subarray(0, fault.tagLength ?? 16))}`
}

// hooks: metadata, answer (what is sent for an honest answer; gets the plain body and the key that was asked for)
export function sealing(hooks = {}) {
  const encs = { alg_values_supported: ['ECDH-ES'], enc_values_supported: ['A128GCM'], encryption_required: true }
  return {
    metadata: (metadata, session) => {
      session.requestKey = newKey()
      const { alg_values_supported: gone, ...request } = encs
      return apply(hooks.metadata, {
        ...metadata,
        credential_request_encryption: { ...request, jwks: { keys: [{ ...session.requestKey.jwk, kid: 'request', alg: 'ECDH-ES', use: 'enc' }] } },
        credential_response_encryption: encs,
      }, session)
    },
    open: (body, session, request) => {
      if (!/application\/jwt/.test(request.headers['content-type'] ?? '')) return body
      const { payload } = decryptJwe(body, session.requestKey)
      session.asked = payload.credential_response_encryption
      return JSON.stringify(payload)
    },
    reply: {
      credential: (reply, session) => {
        if (reply.status && reply.status !== 200) return reply
        if (!session.asked) return { status: 400, body: { error: 'invalid_encryption_parameters' } }
        const honest = { type: 'application/jwt', body: encryptJwe(JSON.stringify(reply.body), session.asked.jwk, { enc: session.asked.enc }) }
        const { told = { ownKey: true }, ...made } = apply(hooks.answer, honest, session, reply.body, session.asked)
        // Nobody else sees from the text for whom it is.
        session.trace.push({ step: 'answer', type: made.type ?? 'application/json', parts: String(made.body).split('.').length, ...told })
        return made
      },
    },
  }
}
