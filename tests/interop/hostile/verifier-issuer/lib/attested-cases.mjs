// The faults of wallet attestation (attestation-based client authentication, draft -07; OpenID4VCI 1.0 Appendix E), at an office that takes
// the wallets of one provider only: `--provider-jwk` is its private key, its DID the did:jwk of it. As in issuer-cases.mjs.
import { back, client, makeCodeFlow } from './code-flow.mjs'
import { readJson } from './cli.mjs'
import { b64, jws, newKey, now, publicOf, publicPem, random } from './jose.mjs'
import { preAuthorized } from './client.mjs'
import { malleable } from './malleable.mjs'

export const didOf = (key) => `did:jwk:${b64(publicOf(key))}`

export function attestedCases({ flow, options }) {
  const code = makeCodeFlow(flow, options)
  const provider = readJson(options['provider-jwk'])
  const list = []
  const add = (name, codes, run, more = {}) => list.push({ name, status: [400, 401], codes, run, ...more })
  const form = 'application/x-www-form-urlencoded'

  // --- the honest messages, each of which can be bent: header and payload are functions, key signs, how as in jws
  const made = (typ, honest, key, fault = {}) => {
    const header = { alg: 'ES256', typ, ...honest.header }
    return jws(fault.header ? fault.header(header) : header, fault.payload ? fault.payload(honest.payload) : honest.payload, fault.how ?? fault.key ?? key)
  }
  const attestation = (wallet, fault = {}) => made('oauth-client-attestation+jwt', {
    header: { kid: `${didOf(provider)}#0` },
    payload: { iss: didOf(provider), sub: client, iat: now(), exp: now() + 3600, cnf: { jwk: publicOf(wallet) } },
  }, provider, fault)
  const proof = (ctx, wallet, challenge, fault = {}) => made('oauth-client-attestation-pop+jwt', {
    payload: { iss: client, aud: ctx.as.issuer, jti: random(), iat: now(), challenge },
  }, wallet, fault)
  const challenge = async (ctx) => (await flow.send(ctx.as.challenge_endpoint, { method: 'POST', headers: { accept: 'application/json' }, body: '' })).json?.attestation_challenge

  async function headers(ctx, fault = {}) {
    const one = fault.attestation?.text?.(attestation(ctx.wallet, fault.attestation)) ?? attestation(ctx.wallet, fault.attestation)
    const two = fault.proof?.text?.(proof(ctx, ctx.wallet, await challenge(ctx), fault.proof)) ?? proof(ctx, ctx.wallet, await challenge(ctx), fault.proof)
    const both = { 'oauth-client-attestation': one, 'oauth-client-attestation-pop': two }
    return fault.headers ? fault.headers(both) : both
  }
  const open = async () => ({ ...(await flow.open()), wallet: newKey() })
  async function token(ctx, fault = {}) {
    const params = { grant_type: preAuthorized, 'pre-authorized_code': ctx.code, client_id: client, ...fault.params }
    if (fault.params && fault.params.client_id === undefined && 'client_id' in fault.params) delete params.client_id
    const dpop = ctx.dpopKey ? { dpop: flow.dpop(ctx.dpopKey, 'POST', ctx.as.token_endpoint) } : {}
    return flow.send(ctx.as.token_endpoint, { method: 'POST', headers: { 'content-type': form, accept: 'application/json', ...dpop, ...(fault.ready ?? (await headers(ctx, fault))) }, body: new URLSearchParams(params).toString() })
  }
  async function ready() {
    const ctx = await open()
    const answer = await token(ctx)
    if (answer.status !== 200) throw new Error(`token endpoint answered ${answer.status ?? answer.error} ${answer.text?.slice(0, 200)}`)
    Object.assign(ctx, { token: answer.json.access_token, tokenType: answer.json.token_type, tokenAnswer: answer, key: newKey(), configuration: ctx.offer.credential_configuration_ids[0] })
    ctx.identifier = answer.json.authorization_details?.[0]?.credential_identifiers?.[0]
    ctx.nonce = (await flow.nonce(ctx)).json?.c_nonce
    return ctx
  }
  // Whatever is refused leaves the code for the wallet whose it is.
  const refused = (name, codes, fault, more) => add(name, codes, async () => {
    const ctx = await open()
    const answer = await token(ctx, typeof fault === 'function' ? await fault(ctx) : fault)
    if (answer.status >= 400 && answer.status < 500 && (await token(ctx)).status !== 200) throw new Error('the refused request used the code up')
    return answer
  }, more)
  const honest = (name, fault) => add(name, undefined, async () => token(await open(), fault), { honest: true })
  const of = (part) => ({
    payload: (change) => ({ [part]: { payload: (claims) => ({ ...claims, ...change }) } }),
    header: (change) => ({ [part]: { header: (head) => ({ ...head, ...change }) } }),
  })
  const [word, shown] = [of('attestation'), of('proof')]
  const invalid = ['invalid_client', 'invalid_client_attestation']

  honest('attested-honest', {})
  honest('attested-without-iss', word.payload({ iss: undefined }))
  honest('attested-with-a-name', word.payload({ wallet_name: 'Hostile', wallet_link: 'https://wallet.example' }))
  honest('attested-proof-without-iss', shown.payload({ iss: undefined }))
  honest('attested-without-client_id-in-the-form', { params: { client_id: undefined } })

  // --- what came
  refused('headers-missing', invalid, { headers: () => ({}) })
  refused('attestation-alone', invalid, { headers: ({ 'oauth-client-attestation-pop': gone, ...rest }) => rest })
  refused('proof-alone', invalid, { headers: ({ 'oauth-client-attestation': gone, ...rest }) => rest })
  refused('attestation-twice', invalid, { headers: (both) => ({ ...both, 'oauth-client-attestation': [both['oauth-client-attestation'], both['oauth-client-attestation']] }) })
  refused('proof-twice', invalid, { headers: (both) => ({ ...both, 'oauth-client-attestation-pop': [both['oauth-client-attestation-pop'], both['oauth-client-attestation-pop']] }) })
  refused('headers-swapped', invalid, { headers: (both) => ({ 'oauth-client-attestation': both['oauth-client-attestation-pop'], 'oauth-client-attestation-pop': both['oauth-client-attestation'] }) })
  refused('attestation-garbage', invalid, { attestation: { text: () => 'garbage' } })
  refused('attestation-empty', invalid, { attestation: { text: () => '' } })
  refused('attestation-as-proof', invalid, { headers: (both) => ({ ...both, 'oauth-client-attestation-pop': both['oauth-client-attestation'] }) })
  refused('client-assertion-instead', invalid, (ctx) => ({ headers: () => ({}), params: { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: attestation(ctx.wallet) } }))
  refused('older-concatenated-form', invalid, { headers: () => ({}), params: { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-client-attestation', client_assertion: 'a.b.c~d.e.f' } })

  // --- who vouches
  const stranger = newKey()
  refused('provider-other', invalid, { attestation: { key: stranger, header: (head) => ({ ...head, kid: `${didOf(stranger)}#0` }), payload: (claims) => ({ ...claims, iss: didOf(stranger) }) } })
  refused('provider-other-under-our-name', invalid, { attestation: { key: stranger } })
  refused('provider-other-iss-alone', invalid, word.payload({ iss: didOf(stranger) }))
  refused('provider-key-in-header', invalid, { attestation: { key: stranger, header: ({ kid, ...head }) => ({ ...head, jwk: publicOf(stranger) }) } })
  refused('provider-x5c', invalid, word.header({ kid: undefined, x5c: ['AAAA'] }))
  refused('provider-kid-missing', invalid, word.header({ kid: undefined }))
  refused('provider-kid-unknown-fragment', invalid, word.header({ kid: `${didOf(provider)}#key-2` }))
  refused('provider-kid-relative', invalid, word.header({ kid: '#0' }))
  refused('provider-kid-elsewhere', invalid, word.header({ kid: 'did:web:127.0.0.1%3A9#key' }))
  refused('attestation-by-the-wallet-itself', invalid, (ctx) => ({ attestation: { key: ctx.wallet } }))
  refused('attestation-alg-none', invalid, { attestation: { ...word.header({ alg: 'none' }).attestation, how: { none: true } } })
  refused('attestation-hs256-public-key', invalid, { attestation: { ...word.header({ alg: 'HS256' }).attestation, how: { secret: publicPem(provider) } } })
  refused('attestation-signature-zero', invalid, { attestation: { how: { bytes: Buffer.alloc(64) } } })
  refused('attestation-edited', invalid, { attestation: { text: (text) => { const [head, , signature] = text.split('.'); return `${head}.${b64({ sub: client, exp: now() + 1e6, cnf: { jwk: publicOf(stranger) } })}.${signature}` } } })
  refused('attestation-typ-wrong', invalid, word.header({ typ: 'JWT' }))
  refused('attestation-typ-missing', invalid, word.header({ typ: undefined }))
  refused('attestation-typ-key-attestation', invalid, word.header({ typ: 'key-attestation+jwt' }))
  refused('attestation-crit-unknown', invalid, word.header({ crit: ['x-must'], 'x-must': true }))
  refused('attestation-expired', ['use_fresh_attestation', ...invalid], word.payload({ exp: now() - 3600 }))
  refused('attestation-exp-missing', invalid, word.payload({ exp: undefined }))
  refused('attestation-exp-a-string', invalid, word.payload({ exp: String(now() + 3600) }))
  refused('attestation-nbf-future', invalid, word.payload({ nbf: now() + 3600 }))
  refused('attestation-sub-other', invalid, word.payload({ sub: 'another' }))
  refused('attestation-sub-missing', invalid, word.payload({ sub: undefined }))
  refused('attestation-sub-array', invalid, word.payload({ sub: [client] }))
  refused('attestation-sub-10-kB', invalid, word.payload({ sub: 'x'.repeat(1e4) }), { status: [400, 401, 431] })
  refused('attestation-cnf-missing', invalid, word.payload({ cnf: undefined }))
  refused('attestation-cnf-of-other-key', invalid, word.payload({ cnf: { jwk: publicOf(stranger) } }))
  refused('attestation-cnf-private', invalid, (ctx) => word.payload({ cnf: { jwk: ctx.wallet } }))
  refused('attestation-cnf-thumbprint-alone', invalid, word.payload({ cnf: { jkt: 'x'.repeat(43) } }))
  refused('attestation-cnf-symmetric', invalid, word.payload({ cnf: { jwk: { kty: 'oct', k: b64('secret secret secret secret 1234') } } }))

  // --- the proof
  refused('proof-by-other-key', invalid, { proof: { key: stranger } })
  refused('proof-by-the-provider', invalid, { proof: { key: provider } })
  refused('proof-key-in-header', invalid, { proof: { key: stranger, header: (head) => ({ ...head, jwk: publicOf(stranger) }) } })
  refused('proof-alg-none', invalid, { proof: { ...shown.header({ alg: 'none' }).proof, how: { none: true } } })
  refused('proof-hs256-public-key', invalid, (ctx) => ({ proof: { ...shown.header({ alg: 'HS256' }).proof, how: { secret: publicPem(ctx.wallet) } } }))
  refused('proof-typ-wrong', invalid, shown.header({ typ: 'dpop+jwt' }))
  refused('proof-typ-missing', invalid, shown.header({ typ: undefined }))
  refused('proof-crit-unknown', invalid, shown.header({ crit: ['x-must'], 'x-must': true }))
  refused('proof-for-other-server', invalid, shown.payload({ aud: 'https://other.example' }))
  refused('proof-for-two-servers', invalid, (ctx) => shown.payload({ aud: [ctx.as.issuer, 'https://other.example'] }))
  refused('proof-for-the-token-endpoint', invalid, (ctx) => shown.payload({ aud: ctx.as.token_endpoint }))
  refused('proof-aud-missing', invalid, shown.payload({ aud: undefined }))
  refused('proof-iss-other', invalid, shown.payload({ iss: 'another' }))
  refused('proof-iat-far-past', invalid, shown.payload({ iat: now() - 86400 }))
  refused('proof-iat-far-future', invalid, shown.payload({ iat: now() + 86400 }))
  refused('proof-iat-missing', invalid, shown.payload({ iat: undefined }))
  refused('proof-exp-past', invalid, shown.payload({ exp: now() - 3600 }))
  refused('proof-jti-missing', invalid, shown.payload({ jti: undefined }))
  refused('proof-jti-a-number', invalid, shown.payload({ jti: 7 }))
  const again = ['use_attestation_challenge']
  refused('challenge-missing', again, shown.payload({ challenge: undefined }))
  refused('challenge-foreign', again, shown.payload({ challenge: random(32) }))
  refused('challenge-is-a-c_nonce', again, async (ctx) => shown.payload({ challenge: (await flow.nonce(ctx)).json.c_nonce }))
  refused('challenge-is-a-dpop-nonce', again, async (ctx) => shown.payload({ challenge: (await flow.nonce(ctx)).headers['dpop-nonce'] }))
  refused('challenge-a-number', [...again, ...invalid], shown.payload({ challenge: 7 }))
  add('challenge-is-given-to-whoever-needs-one', undefined, async () => {
    const ctx = await open()
    const answer = await token(ctx, shown.payload({ challenge: undefined }))
    const given = answer.headers['oauth-client-attestation-challenge']
    const after = await token(ctx, shown.payload({ challenge: given }))
    return { result: answer, accepted: !(given && after.status === 200), detail: `${given ? 'given' : 'not given'}, with it ${after.status}` }
  })
  refused('client_id-other', invalid, { params: { client_id: 'another' } })
  const replay = (name, bend) => add(name, invalid, async () => {
    const [ctx, other] = [await open(), await open()]
    const sent = await headers(ctx)
    const first = await token(ctx, { ready: sent })
    if (first.status !== 200) throw new Error(`the first use was answered ${first.status}`)
    return token(other, { ready: { ...sent, 'oauth-client-attestation-pop': bend(sent['oauth-client-attestation-pop']) } })
  })
  replay('proof-replayed', (text) => text)
  replay('proof-replayed-malleable', malleable)
  add('proof-raced-8', undefined, async () => {
    const all = await Promise.all(Array.from({ length: 8 }, open))
    const sent = await headers(all[0])
    const answers = await Promise.all(all.map((ctx) => token(ctx, { ready: sent })))
    const taken = answers.filter(({ status }) => status === 200).length
    const broken = answers.find(({ status, error }) => status >= 500 || error)
    return { result: { status: 400 }, accepted: taken !== 1, crash: broken && `${broken.status ?? broken.error} in a race`, detail: `${taken} of 8 taken` }
  })

  // --- the pushed request, and who may go on with it
  const push = (name, codes, fault, more) => add(name, codes, async () => {
    if (!options['code-offer-cmd']) return { skip: 'needs --code-offer-cmd' }
    const ctx = { ...(await code.begin()), wallet: newKey() }
    return code.push(ctx, { headers: () => headers(ctx, fault) })
  }, more)
  push('par-attested', undefined, {}, { honest: true })
  push('par-headers-missing', invalid, { headers: () => ({}) })
  push('par-provider-other', invalid, { attestation: { key: stranger } })
  push('par-sub-other', invalid, word.payload({ sub: 'another' }))
  push('par-challenge-missing', again, shown.payload({ challenge: undefined }))
  add('par-then-token-by-other-instance', ['invalid_grant', ...invalid], async () => {
    if (!options['code-offer-cmd']) return { skip: 'needs --code-offer-cmd' }
    const ctx = { ...(await code.begin()), wallet: newKey() }
    await code.pushed(ctx, { headers: () => headers(ctx) })
    await code.returned(await code.arrived(ctx))
    const redeem = async (wallet) => {
      const url = ctx.as.token_endpoint
      const send = async (nonce) => flow.send(url, {
        method: 'POST', headers: { 'content-type': form, accept: 'application/json', dpop: flow.dpop(ctx.dpopKey, 'POST', url, { nonce }), ...(await headers({ ...ctx, wallet })) },
        body: new URLSearchParams({ grant_type: 'authorization_code', code: ctx.code, redirect_uri: back, client_id: client, code_verifier: ctx.verifier }).toString(),
      })
      return send(await code.dpopNonce(ctx))
    }
    const answer = await redeem(newKey())
    const own = await redeem(ctx.wallet)
    if (own.status !== 200) throw new Error(`the wallet's own request was answered ${own.status}: ${own.text?.slice(0, 100)}`)
    return answer
  })

  // --- credentials that come later (OpenID4VCI §9): whoever guesses a transaction learns nothing
  const later = (name, codes, body, more = {}) => add(name, codes, async () => {
    const ctx = await ready()
    const url = ctx.meta.deferred_credential_endpoint
    if (!url) return { skip: 'the issuer has no deferred_credential_endpoint' }
    const authorised = ctx.dpopKey ? { authorization: `DPoP ${ctx.token}`, dpop: flow.dpop(ctx.dpopKey, 'POST', url, { token: ctx.token, ...more.dpop }) } : { authorization: `Bearer ${ctx.token}` }
    return flow.send(url, { method: more.method ?? 'POST', headers: { 'content-type': more.type ?? 'application/json', ...(more.open ? {} : authorised) }, ...(more.method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
  }, more)
  const badRequest = ['invalid_credential_request', 'invalid_transaction_id']
  later('deferred-guessed', ['invalid_transaction_id'], { transaction_id: random(32) })
  later('deferred-missing', badRequest, {})
  later('deferred-empty', badRequest, { transaction_id: '' })
  later('deferred-a-number', badRequest, { transaction_id: 7 })
  later('deferred-an-array', badRequest, { transaction_id: [random(32)] })
  later('deferred-__proto__', badRequest, { transaction_id: '__proto__' })
  later('deferred-1-MB', badRequest, { transaction_id: 'x'.repeat(1e6) }, { status: [400, 413] })
  later('deferred-not-json', badRequest, 'transaction_id=x')
  later('deferred-form', badRequest, `transaction_id=${random(32)}`, { type: 'application/x-www-form-urlencoded', status: [400, 415] })
  later('deferred-without-token', undefined, { transaction_id: random(32) }, { open: true, status: [401] })
  later('deferred-proof-of-other-endpoint', ['invalid_dpop_proof'], { transaction_id: random(32) }, { dpop: { change: { htu: 'https://other.example/credential' } }, status: [401] })
  later('deferred-get', undefined, {}, { method: 'GET', status: [400, 401, 404, 405] })
  add('challenge-endpoint', undefined, async () => {
    const ctx = await open()
    const answers = [await flow.send(ctx.as.challenge_endpoint, { method: 'POST', body: '' }), await flow.send(ctx.as.challenge_endpoint, { method: 'POST', body: '' })]
    const texts = answers.map(({ json }) => json?.attestation_challenge)
    const good = answers.every(({ status, headers: got }) => status === 200 && /no-store/.test(got['cache-control'] ?? '')) && texts[0] !== texts[1] && texts.every((text) => text?.length >= 22) &&
      ctx.as.token_endpoint_auth_methods_supported?.includes('attest_jwt_client_auth') && !ctx.as.token_endpoint_auth_methods_supported.includes('none')
    return { accepted: !good, detail: `${answers.map(({ status }) => status).join(', ')}; methods ${ctx.as.token_endpoint_auth_methods_supported}` }
  })
  return { cases: list, ready, credential: (ctx) => flow.credential(ctx, { proofs: [flow.proof(ctx, { payload: (claims) => ({ ...claims, iss: client }) })] }) }
}
