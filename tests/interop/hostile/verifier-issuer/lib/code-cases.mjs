// The faults of the authorisation code flow: pushed request, browser, code, token. As in issuer-cases.mjs.
import { client, back, Browser, makeCodeFlow } from './code-flow.mjs'
import { b64, jws, newKey, now, publicOf, publicPem, random, sha256, thumbprint, unb64 } from './jose.mjs'
import { malleable } from './malleable.mjs'

export function codeCases({ flow, options }) {
  const code = makeCodeFlow(flow, options)
  const list = []
  const add = (name, codes, run, more = {}) => list.push({ name, status: [400], codes, run, ...more })
  const ready = () => code.ready()

  // --- the pushed request (RFC 9126 §2.3, RFC 6749 §4.1.2.1)
  const push = (name, codes, fault, more) => add(name, codes, async () => {
    const ctx = await code.begin()
    return code.push(ctx, typeof fault === 'function' ? await fault(ctx) : fault)
  }, more)
  const change = (changes) => ({ params: (honest) => Object.fromEntries(Object.entries({ ...honest, ...changes }).filter(([, value]) => value !== undefined)) })
  const honest = { honest: true }
  push('par-honest', undefined, {}, honest)
  push('par-unknown-parameter', undefined, change({ unheard_of: 'x' }), honest)
  push('par-without-dpop', undefined, { noDpop: true }, honest)
  push('par-dpop_jkt-alone', undefined, (ctx) => ({ ...change({ dpop_jkt: thumbprint(ctx.dpopKey) }), noDpop: true }), honest)
  push('par-by-details', undefined, (ctx) => change({ scope: undefined, authorization_details: JSON.stringify([{ type: 'openid_credential', credential_configuration_id: ctx.configuration }]) }), honest)
  push('par-scope-one-of-two-known', undefined, (ctx) => change({ scope: `openid ${ctx.scope}` }), honest)
  push('par-redirect-loopback-any-port', undefined, change({ redirect_uri: 'http://127.0.0.1:49152/back' }), honest)
  push('par-redirect-loopback-ipv6', undefined, change({ redirect_uri: 'http://[::1]:49152/back' }), honest)
  push('par-no-state', undefined, change({ state: undefined }), honest)

  push('par-response_type-missing', ['invalid_request'], change({ response_type: undefined }))
  push('par-response_type-token', ['unsupported_response_type'], change({ response_type: 'token' }))
  push('par-response_type-hybrid', ['unsupported_response_type'], change({ response_type: 'code id_token' }))
  push('par-response_mode-fragment', ['invalid_request'], change({ response_mode: 'fragment' }))
  push('par-response_mode-form_post', ['invalid_request'], change({ response_mode: 'form_post' }))
  push('par-client_id-missing', ['invalid_request'], change({ client_id: undefined }))
  push('par-client_id-empty', ['invalid_request'], change({ client_id: '' }))
  push('par-client_id-10-kB', ['invalid_request'], change({ client_id: 'x'.repeat(1e4) }))
  push('par-client_id-with-newline', ['invalid_request'], change({ client_id: 'x\ny' }))
  push('par-parameter-twice', ['invalid_request'], (ctx) => ({ raw: `${new URLSearchParams(code.pushedParameters(ctx))}&redirect_uri=${encodeURIComponent('https://evil.example/back')}` }))
  push('par-state-with-newline', ['invalid_request'], change({ state: 'a\r\nSet-Cookie: x=y' }))
  push('par-state-10-kB', ['invalid_request'], change({ state: 'x'.repeat(1e4) }))
  // PKCE (RFC 7636 §4.4.1; HAIP §4.3: S256 only)
  push('par-pkce-missing', ['invalid_request'], change({ code_challenge: undefined, code_challenge_method: undefined }))
  push('par-pkce-method-missing-means-plain', ['invalid_request'], change({ code_challenge_method: undefined }))
  push('par-pkce-plain', ['invalid_request'], (ctx) => change({ code_challenge: ctx.verifier, code_challenge_method: 'plain' }))
  push('par-pkce-s256-lower-case', ['invalid_request'], change({ code_challenge_method: 's256' }))
  push('par-pkce-S512', ['invalid_request'], change({ code_challenge_method: 'S512' }))
  push('par-pkce-short', ['invalid_request'], change({ code_challenge: 'abc' }))
  push('par-pkce-empty', ['invalid_request'], change({ code_challenge: '' }))
  push('par-pkce-padded', ['invalid_request'], (ctx) => change({ code_challenge: `${sha256(ctx.verifier).toString('base64url')}=` }))
  // Where the browser would go back to: nobody is registered, so that https and this machine are all that counts.
  for (const [name, redirect_uri] of [
    ['missing', undefined], ['empty', ''], ['http', 'http://wallet.example/back'], ['own-scheme', 'com.example.wallet:/back'], ['javascript', 'javascript:alert(1)//https://wallet.example'],
    ['data', 'data:text/html,x'], ['fragment', `${back}#x`], ['user-information', 'https://wallet.example@evil.example/back'], ['backslash', 'https://wallet.example\\@evil.example/back'],
    ['carries-a-code', `${back}?code=mine`], ['carries-a-state', `${back}?state=mine`], ['carries-iss', `${back}?iss=https%3A%2F%2Fevil.example`], ['relative', '/back'], ['scheme-relative', '//wallet.example/back'],
    ['looks-like-loopback', 'http://127.0.0.1.evil.example/back'], ['looks-like-localhost', 'http://localhost.evil.example/back'], ['localhost-as-user', 'http://localhost@evil.example/back'],
    ['loopback-in-hex', 'http://0x7f.1/back'], ['any-address', 'http://0.0.0.0/back'], ['newline', 'https://wallet.example/back\r\nx: y'], ['space', 'https://wallet.example/ back'], ['not-ascii', 'https://wаllet.example/back'], ['10-kB', `${back}?${'x'.repeat(1e4)}`],
  ]) push(`par-redirect-${name}`, ['invalid_request', 'invalid_redirect_uri'], change({ redirect_uri }))
  // What is asked for
  push('par-nothing-asked', ['invalid_scope', 'invalid_request'], change({ scope: undefined }))
  push('par-scope-unknown', ['invalid_scope'], change({ scope: 'everything' }))
  push('par-scope-10-kB', ['invalid_scope', 'invalid_request'], change({ scope: 'x'.repeat(1e4) }))
  const details = (name, value) => push(`par-details-${name}`, ['invalid_authorization_details'], (ctx) => change({ scope: undefined, authorization_details: typeof value === 'function' ? JSON.stringify(value(ctx)) : value }))
  details('not-json', '[{')
  details('object', ({ configuration }) => ({ type: 'openid_credential', credential_configuration_id: configuration }))
  details('empty', '[]')
  details('other-type', ({ configuration }) => [{ type: 'payment', credential_configuration_id: configuration }])
  details('unknown-configuration', () => [{ type: 'openid_credential', credential_configuration_id: '__proto__' }])
  details('no-configuration', () => [{ type: 'openid_credential' }])
  details('draft-form', ({ meta, configuration }) => [{ type: 'openid_credential', format: 'dc+sd-jwt', vct: meta.credential_configurations_supported[configuration].vct }])
  details('other-location', ({ configuration }) => [{ type: 'openid_credential', credential_configuration_id: configuration, locations: ['https://other.example'] }])
  details('one-of-two-unknown', ({ configuration }) => [{ type: 'openid_credential', credential_configuration_id: configuration }, { type: 'openid_credential', credential_configuration_id: 'no-such' }])
  details('nested-10000-deep', `[{"type":"openid_credential","credential_configuration_id":${'['.repeat(1e4)}${']'.repeat(1e4)}}]`)
  push('par-issuer_state-guessed', ['invalid_request'], change({ issuer_state: random(32) }))
  push('par-issuer_state-for-something-else', ['invalid_request', 'invalid_scope'], (ctx) => {
    const other = Object.values(ctx.meta.credential_configurations_supported).find(({ scope }) => scope && scope !== ctx.scope)
    return other ? change({ scope: other.scope }) : change({ scope: 'none-other' })
  })
  // Request objects, which are not read here (RFC 9101; RFC 9126 §3)
  push('par-request_uri-inside', ['invalid_request'], change({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }))
  push('par-request-object-unsigned', ['invalid_request', 'request_not_supported'], (ctx) => change({ request: jws({ alg: 'none', typ: 'oauth-authz-req+jwt' }, { ...code.pushedParameters(ctx), redirect_uri: 'https://evil.example/back' }, { none: true }) }))
  push('par-request-object-signed', ['invalid_request', 'request_not_supported'], (ctx) => change({ request: jws({ alg: 'ES256', typ: 'oauth-authz-req+jwt', jwk: publicOf(ctx.dpopKey) }, code.pushedParameters(ctx), ctx.dpopKey) }))
  push('par-body-json', ['invalid_request'], (ctx) => ({ raw: JSON.stringify(code.pushedParameters(ctx)), type: 'application/json' }), { status: [400, 415] })
  push('par-body-empty', ['invalid_request'], { raw: '' })
  push('par-body-20-MB', undefined, change({ pad: 'x'.repeat(20e6) }), { status: [400, 413], heavy: true })
  push('par-100000-parameters', undefined, (ctx) => ({ raw: `${new URLSearchParams(code.pushedParameters(ctx))}${'&a=1'.repeat(1e5)}` }), { status: [400, 413], heavy: true })
  push('par-utf8-invalid', ['invalid_request'], (ctx) => ({ raw: `${new URLSearchParams(code.pushedParameters(ctx))}&x=%ff%fe` }), { policy: true })
  add('par-get', undefined, async () => {
    const ctx = await code.begin()
    return flow.send(`${ctx.as.pushed_authorization_request_endpoint}?${new URLSearchParams(code.pushedParameters(ctx))}`)
  }, { status: [400, 404, 405] })
  add('par-answer', undefined, async () => {
    const ctx = await code.begin()
    const answer = await code.push(ctx)
    const { request_uri: uri, expires_in: seconds } = answer.json ?? {}
    const good = answer.status === 201 && /^urn:ietf:params:oauth:request_uri:[\w-]{22,}$/.test(uri) && seconds >= 5 && seconds <= 600 && /no-store/.test(answer.headers['cache-control'] ?? '')
    return { result: answer, accepted: !good, detail: `${answer.status}, expires_in ${seconds}, cache-control: ${answer.headers['cache-control']}` }
  })

  // --- DPoP proofs at the pushed request and the token endpoint (RFC 9449 §4.3, §8)
  const proofFaults = {
    'typ-wrong': () => ({ header: { typ: 'JWT' } }), 'alg-none': () => ({ header: { alg: 'none' } }), 'private-key': (ctx) => ({ header: { jwk: ctx.dpopKey } }), 'no-key': () => ({ header: { jwk: undefined } }),
    'other-key-in-header': () => ({ header: { jwk: publicOf(newKey()) } }), 'htm-wrong': () => ({ change: { htm: 'GET' } }), 'htu-other-endpoint': (ctx) => ({ change: { htu: ctx.meta.credential_endpoint } }),
    'htu-other-host': () => ({ change: { htu: 'https://other.example/token' } }), 'iat-far-past': () => ({ change: { iat: now() - 31536000 } }), 'iat-far-future': () => ({ change: { iat: now() + 31536000 } }),
    'jti-missing': () => ({ change: { jti: undefined } }), 'jti-10-kB': () => ({ change: { jti: 'x'.repeat(1e4) } }), 'crit-unknown': () => ({ header: { crit: ['x-must'], 'x-must': true } }),
  }
  for (const [name, fault] of Object.entries(proofFaults)) {
    push(`par-dpop-${name}`, ['invalid_dpop_proof'], (ctx) => ({ dpop: fault(ctx) }))
    add(`token-dpop-${name}`, ['invalid_dpop_proof'], async () => {
      const ctx = await code.coded()
      return code.token(ctx, { dpop: fault(ctx) })
    })
  }
  const hs256 = (ctx, url, nonce) => jws({ typ: 'dpop+jwt', alg: 'HS256', jwk: publicOf(ctx.dpopKey) }, { jti: random(), htm: 'POST', htu: url, iat: now(), nonce }, { secret: publicPem(ctx.dpopKey) })
  push('par-dpop-hs256', ['invalid_dpop_proof'], async (ctx) => ({ proof: hs256(ctx, ctx.as.pushed_authorization_request_endpoint, await code.dpopNonce(ctx)) }))
  push('par-dpop-nonce-foreign', ['use_dpop_nonce', 'invalid_dpop_proof'], (ctx) => ({ proof: flow.dpop(ctx.dpopKey, 'POST', ctx.as.pushed_authorization_request_endpoint, { nonce: random(32) }) }))
  push('par-dpop-nonce-is-a-c_nonce', ['use_dpop_nonce', 'invalid_dpop_proof'], async (ctx) => ({ proof: flow.dpop(ctx.dpopKey, 'POST', ctx.as.pushed_authorization_request_endpoint, { nonce: (await flow.nonce(ctx)).json.c_nonce }) }))
  push('par-dpop_jkt-of-other-key', ['invalid_dpop_proof', 'invalid_request'], change({ dpop_jkt: thumbprint(newKey()) }))
  push('par-dpop_jkt-garbage', ['invalid_request', 'invalid_dpop_proof'], { ...change({ dpop_jkt: 'x' }), noDpop: true })
  push('par-dpop-two-proofs', ['invalid_dpop_proof'], async (ctx) => {
    const one = async () => flow.dpop(ctx.dpopKey, 'POST', ctx.as.pushed_authorization_request_endpoint, { nonce: await code.dpopNonce(ctx) })
    return { noDpop: true, headers: { dpop: [await one(), await one()] } }
  })
  const replayed = (name, bend) => {
    push(`par-dpop-${name}`, ['invalid_dpop_proof'], async (ctx) => {
      const proof = flow.dpop(ctx.dpopKey, 'POST', ctx.as.pushed_authorization_request_endpoint, { nonce: await code.dpopNonce(ctx) })
      const first = await code.push(ctx, { proof })
      if (first.status !== 201) throw new Error(`the first use was answered ${first.status}`)
      return { proof: bend(proof) }
    })
    add(`token-dpop-${name}`, ['invalid_dpop_proof'], async () => {
      const ctx = await code.coded()
      const other = await code.coded({ dpopKey: ctx.dpopKey })
      const proof = flow.dpop(ctx.dpopKey, 'POST', ctx.as.token_endpoint, { nonce: await code.dpopNonce(ctx) })
      const first = await code.token(ctx, { proof })
      if (first.status !== 200) throw new Error(`the first use was answered ${first.status}`)
      return code.token(other, { proof: bend(proof) })
    })
    // The order in which a used proof and a finished issuance are found is the issuer's.
    add(`credential-dpop-${name}`, ['invalid_dpop_proof', 'invalid_token', 'credential_request_denied'], async () => {
      const ctx = await ready()
      const proof = flow.dpop(ctx.dpopKey, 'POST', ctx.meta.credential_endpoint, { token: ctx.token, nonce: await code.dpopNonce(ctx) })
      const first = await flow.credential(ctx, { dpop: proof, proofs: [] })
      if (first.status !== 400) throw new Error(`the first use was answered ${first.status}`)
      const second = await flow.credential(ctx, { dpop: proof })
      if (second.status !== 200) throw new Error(`a request that moved nothing used the proof up: ${second.status}`)
      return flow.credential(ctx, { dpop: bend(proof) })
    }, { status: [400, 401] })
  }
  replayed('replayed', (proof) => proof)
  replayed('replayed-malleable', malleable)
  const race = (name, run) => add(name, undefined, async () => {
    const rounds = []
    for (let round = 0; round < 3; round++) {
      const answers = await run()
      rounds.push({ taken: answers.filter(({ status }) => status < 300).length, broken: answers.find(({ status, error }) => status >= 500 || error), refused: answers.find(({ status }) => status >= 400) })
    }
    const broken = rounds.find((one) => one.broken)?.broken
    return {
      result: rounds[0].refused ?? { status: 200 }, accepted: rounds.some(({ taken }) => taken > 1), crash: broken && `${broken.status ?? broken.error} in a race`,
      detail: `${rounds.map(({ taken }) => taken).join(', ')} of 8 taken in three rounds`,
    }
  })
  const eight = (make) => Promise.all(Array.from({ length: 8 }, make))
  race('race-par-one-proof', async () => {
    const ctx = await code.begin()
    const proof = flow.dpop(ctx.dpopKey, 'POST', ctx.as.pushed_authorization_request_endpoint, { nonce: await code.dpopNonce(ctx) })
    return eight(() => code.push(ctx, { proof }))
  })
  race('race-token-one-code', async () => {
    const ctx = await code.coded()
    return eight(() => code.token(ctx))
  })
  race('race-authorize-one-request', async () => {
    const ctx = await code.pushed(await code.begin())
    return (await eight(() => new Browser(flow.send).get(code.authorizeUrl(ctx)))).map((answer) => (answer.status === 303 ? { ...answer, status: 200 } : answer))
  })
  race('race-continue-one-authorization', async () => {
    const ctx = await code.arrived(await code.pushed(await code.begin()))
    return (await eight(() => ctx.browser.get(code.step(ctx, 'continue')))).map((answer) => (answer.status === 303 ? { ...answer, status: 200 } : answer))
  })

  // --- the browser: refusals are pages, nothing is redirected to an address that was not pushed
  const page = (answer, what = '') => ({ result: answer, accepted: answer.status < 400 || Boolean(answer.location), detail: `${answer.status}${answer.location ? `, location ${answer.location.slice(0, 60)}` : ', a page'}${what}` })
  const comes = (name, make, more) => add(name, undefined, async () => {
    const ctx = await code.pushed(await code.begin())
    return page(await ctx.browser.get(await make(ctx)))
  }, more)
  comes('authorize-other-client', (ctx) => code.authorizeUrl(ctx, (params) => ({ ...params, client_id: 'another' })))
  comes('authorize-client-missing', (ctx) => code.authorizeUrl(ctx, ({ client_id: gone, ...rest }) => rest))
  comes('authorize-request-guessed', (ctx) => code.authorizeUrl(ctx, (params) => ({ ...params, request_uri: `urn:ietf:params:oauth:request_uri:${random(32)}` })))
  comes('authorize-request-elsewhere', (ctx) => code.authorizeUrl(ctx, (params) => ({ ...params, request_uri: 'https://evil.example/request.jwt' })))
  comes('authorize-request-twice', (ctx) => `${code.authorizeUrl(ctx)}&request_uri=x`)
  comes('authorize-not-pushed', (ctx) => `${ctx.as.authorization_endpoint}?${new URLSearchParams(code.pushedParameters(ctx))}`)
  comes('authorize-request-object', (ctx) => `${ctx.as.authorization_endpoint}?${new URLSearchParams({ client_id: client, request: jws({ alg: 'none' }, code.pushedParameters(ctx), { none: true }) })}`)
  comes('authorize-nothing', (ctx) => ctx.as.authorization_endpoint)
  comes('authorize-request-reused', async (ctx) => {
    await code.arrived(ctx)
    return code.authorizeUrl(ctx)
  })
  comes('authorize-20-kB', (ctx) => `${code.authorizeUrl(ctx)}&pad=${'x'.repeat(2e4)}`, { policy: true })
  add('authorize-post', undefined, async () => {
    const ctx = await code.pushed(await code.begin())
    return flow.send(ctx.as.authorization_endpoint, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ client_id: client, request_uri: ctx.requestUri }).toString() })
  }, { status: [400, 404, 405] })
  // Another redirect_uri in the browser changes nothing: what was pushed counts.
  add('authorize-redirect-in-the-browser', undefined, async () => {
    const ctx = await code.pushed(await code.begin())
    const first = await ctx.browser.get(code.authorizeUrl(ctx, (params) => ({ ...params, redirect_uri: 'https://evil.example/back', state: 'evil', scope: 'everything' })))
    if (first.status !== 303) return page(first)
    ctx.authorization = new URL(first.location).searchParams.get('authorization')
    await code.returned(ctx)
    const { origin, searchParams } = new URL(ctx.returned)
    return { accepted: origin !== new URL(back).origin || searchParams.get('state') !== ctx.state, detail: `goes back to ${origin} with the pushed state` }
  })
  for (const [name, headers] of [['prefetch', { 'sec-purpose': 'prefetch' }], ['image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }]]) {
    add(`authorize-as-${name}-uses-nothing-up`, undefined, async () => {
      const ctx = await code.pushed(await code.begin())
      const first = await ctx.browser.get(code.authorizeUrl(ctx), headers)
      const after = await new Browser(flow.send).get(code.authorizeUrl(ctx))
      return { result: first, accepted: first.status < 400 || after.status !== 303, detail: `${first.status}, afterwards ${after.status}` }
    })
  }
  add('authorize-page-shows-the-host-and-nothing-raw', undefined, async () => {
    const ctx = await code.arrived(await code.pushed(await code.begin({ state: '"><script>alert(1)</script>' })))
    const { text, headers } = ctx.page
    const good = text.includes(new URL(back).host) && !text.includes('<script>alert') && /frame-ancestors 'none'|deny/i.test(`${headers['content-security-policy']} ${headers['x-frame-options']}`) && /no-store/.test(headers['cache-control'] ?? '')
    return { result: ctx.page, accepted: !good, detail: `host ${text.includes(new URL(back).host) ? 'told' : 'missing'}, csp ${headers['content-security-policy'] ? 'there' : 'missing'}, cache-control ${headers['cache-control']}` }
  })
  // Another browser: the link is of the one that came (CSRF, a code for a stranger).
  for (const name of ['continue', 'cancel']) {
    add(`${name}-in-another-browser`, undefined, async () => {
      const ctx = await code.arrived(await code.pushed(await code.begin()))
      const stranger = await code.arrived(await code.pushed(await code.begin()))
      const answer = page(await stranger.browser.get(code.step(ctx, name)))
      await code.returned(ctx)
      return answer
    })
    add(`${name}-without-cookie`, undefined, async () => {
      const ctx = await code.arrived(await code.pushed(await code.begin()))
      return page(await new Browser(flow.send).get(code.step(ctx, name)))
    })
    add(`${name}-guessed`, undefined, async () => {
      const ctx = await code.arrived(await code.pushed(await code.begin()))
      return page(await ctx.browser.get(code.step({ ...ctx, authorization: random(16) }, name)))
    })
  }
  add('page-in-another-browser', undefined, async () => {
    const ctx = await code.arrived(await code.pushed(await code.begin()))
    return page(await new Browser(flow.send).get(new URL(`/passport?authorization=${ctx.authorization}`, ctx.issuer)))
  })
  const twice = (name, first, second) => add(name, undefined, async () => {
    const ctx = await code.arrived(await code.pushed(await code.begin()))
    const before = await ctx.browser.get(code.step(ctx, first))
    if (before.status !== 303) throw new Error(`${first} was answered ${before.status}`)
    return page(await ctx.browser.get(code.step(ctx, second)))
  })
  twice('continue-twice', 'continue', 'continue')
  twice('cancel-then-continue', 'cancel', 'continue')
  twice('continue-then-cancel', 'continue', 'cancel')
  add('offer-taken-up-twice', ['invalid_request'], async () => {
    const ctx = await code.coded()
    return code.push(await code.begin({ issuerState: ctx.issuerState }))
  })
  add('offer-taken-up-by-its-code-afterwards', ['invalid_grant'], async () => {
    const ctx = await code.coded()
    if (!ctx.preAuthorized) return { skip: 'the offer has no pre-authorised code' }
    return flow.token({ ...ctx, code: ctx.preAuthorized, grant: {} })
  })
  const returns = (name, state, more) => add(name, undefined, async () => {
    const ctx = more?.cancel ? await code.arrived(await code.pushed(await code.begin({ state }))) : await code.coded({ state })
    if (more?.cancel) ctx.returned = (await ctx.browser.get(code.step(ctx, 'cancel'))).location
    const { origin, pathname, searchParams } = new URL(ctx.returned)
    const names = [...searchParams.keys()]
    const good = `${origin}${pathname}` === back && searchParams.get('state') === state && searchParams.get('iss') === ctx.issuer && new Set(names).size === names.length &&
      (more?.cancel ? searchParams.get('error') === 'access_denied' && !searchParams.has('code') : (searchParams.get('code') ?? '').length >= 22)
    return { accepted: !good, detail: `goes back with ${names.join(', ')}; iss and state ${good ? 'right' : 'WRONG'}` }
  })
  returns('return-state-and-iss', 'a b&c=d%20"\'<>;+')
  returns('return-denied-state-and-iss', 'a b&c=d%20"\'<>;+', { cancel: true })

  // --- the code (RFC 6749 §4.1.3, RFC 7636 §4.6)
  const redeem = (name, codes, fault, more) => add(name, codes, async () => {
    const ctx = await code.coded()
    return code.token(ctx, typeof fault === 'function' ? await fault(ctx) : fault)
  }, more)
  const grant = ['invalid_grant']
  redeem('code-honest', undefined, {}, honest)
  redeem('code-unknown-parameter', undefined, change({ unheard_of: 'x' }), honest)
  redeem('code-guessed', grant, change({ code: random(32) }))
  redeem('code-cut', grant, (ctx) => change({ code: ctx.code.slice(0, -1) }))
  redeem('code-missing', ['invalid_request'], change({ code: undefined }))
  redeem('code-of-other-client', ['invalid_grant', 'invalid_client'], change({ client_id: 'another' }))
  redeem('code-without-client', ['invalid_grant', 'invalid_client', 'invalid_request'], change({ client_id: undefined }))
  redeem('code-redirect-other', grant, change({ redirect_uri: 'https://evil.example/back' }))
  redeem('code-redirect-one-slash-more', grant, change({ redirect_uri: `${back}/` }))
  redeem('code-redirect-missing', ['invalid_request', 'invalid_grant'], change({ redirect_uri: undefined }))
  redeem('code-verifier-missing', ['invalid_request', 'invalid_grant'], change({ code_verifier: undefined }))
  redeem('code-verifier-wrong', grant, change({ code_verifier: random(32) }))
  redeem('code-verifier-is-the-challenge', grant, (ctx) => change({ code_verifier: sha256(ctx.verifier).toString('base64url') }))
  redeem('code-verifier-short', ['invalid_request', 'invalid_grant'], change({ code_verifier: 'abc' }))
  redeem('code-verifier-1-MB', ['invalid_request', 'invalid_grant'], change({ code_verifier: 'x'.repeat(1e6) }), { status: [400, 413] })
  redeem('code-parameter-twice', ['invalid_request'], (ctx) => ({ raw: `code=wrong&${new URLSearchParams(code.tokenParameters(ctx))}` }))
  redeem('code-without-dpop', ['invalid_dpop_proof'], { noDpop: true })
  redeem('code-by-other-dpop-key', ['invalid_dpop_proof', 'invalid_grant', 'invalid_token'], () => ({ dpopKey: newKey() }))
  redeem('code-dpop-without-nonce', ['use_dpop_nonce'], { once: true })
  redeem('code-dpop-nonce-foreign', ['use_dpop_nonce', 'invalid_dpop_proof'], { once: true, nonce: 'x'.repeat(43) })
  redeem('code-as-pre-authorised', grant, (ctx) => ({ params: () => ({ grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code', 'pre-authorized_code': ctx.code }) }))
  redeem('code-details-not-granted', ['invalid_authorization_details', 'invalid_grant', 'invalid_request'], (ctx) => {
    const other = Object.keys(ctx.meta.credential_configurations_supported).find((id) => id !== ctx.configuration) ?? 'none-other'
    return change({ authorization_details: JSON.stringify([{ type: 'openid_credential', credential_configuration_id: other }]) })
  })
  add('code-is-a-pre-authorised-one', grant, async () => {
    const ctx = await code.begin()
    if (!ctx.preAuthorized) return { skip: 'the offer has no pre-authorised code' }
    return code.token({ ...ctx, code: ctx.preAuthorized })
  })
  add('code-injected', grant, async () => {
    // The attacker's wallet redeems the victim's code under its own attempt: same client, same address, its own verifier and key.
    const [victim, attacker] = [await code.coded(), await code.coded()]
    const answer = await code.token({ ...attacker, code: victim.code })
    if (answer.status !== 200 && (await code.token(victim)).status !== 200) throw new Error('the victim lost the code by it')
    return answer
  })
  add('code-dpop_jkt-then-other-key', ['invalid_dpop_proof', 'invalid_grant', 'invalid_token'], async () => {
    const ctx = await code.begin()
    await code.pushed(ctx, { ...change({ dpop_jkt: thumbprint(ctx.dpopKey) }), noDpop: true })
    await code.returned(await code.arrived(ctx))
    return code.token(ctx, { dpopKey: newKey() })
  })
  add('code-reused', grant, async () => {
    const ctx = await ready()
    return code.token(ctx)
  })
  add('code-reused-ends-its-token', ['invalid_token'], async () => {
    const ctx = await ready()
    await code.token(ctx)
    return flow.credential(ctx)
  }, { status: [401] })
  add('code-token-no-store', undefined, async () => {
    const { tokenAnswer: answer } = await ready()
    const good = answer.json.token_type === 'DPoP' && /no-store/.test(answer.headers['cache-control'] ?? '') && !('refresh_token' in answer.json)
    return { result: answer, accepted: !good, detail: `token_type ${answer.json.token_type}, cache-control ${answer.headers['cache-control']}` }
  })

  // --- afterwards
  add('code-then-details-identifier', undefined, async () => {
    const detail = (ctx) => JSON.stringify([{ type: 'openid_credential', credential_configuration_id: ctx.configuration }])
    const ctx = await code.begin()
    await code.pushed(ctx, change({ scope: undefined, authorization_details: detail(ctx) }))
    await code.returned(await code.arrived(ctx))
    return flow.credential(await finished(ctx))
  }, honest)
  const finished = async (ctx) => {
    const answer = await code.token(ctx)
    if (answer.status !== 200) throw new Error(`token endpoint answered ${answer.status}`)
    return { ...ctx, token: answer.json.access_token, tokenType: 'DPoP', key: newKey(), identifier: answer.json.authorization_details?.[0]?.credential_identifiers?.[0], nonce: (await flow.nonce(ctx)).json.c_nonce }
  }
  const issued = (name, codes, fault, more) => add(name, codes, async () => {
    const ctx = await ready()
    return flow.credential(ctx, fault(ctx))
  }, more)
  issued('credential-iss-is-the-client', undefined, (ctx) => ({ proofs: [flow.proof(ctx, { payload: (claims) => ({ ...claims, iss: client }) })] }), honest)
  issued('credential-iss-of-other-client', ['invalid_proof'], (ctx) => ({ proofs: [flow.proof(ctx, { payload: (claims) => ({ ...claims, iss: 'another' }) })] }))
  issued('credential-token-as-bearer', ['invalid_token'], () => ({ scheme: 'Bearer', noDpop: true }), { status: [401] })
  issued('credential-dpop-without-nonce', ['use_dpop_nonce'], (ctx) => ({ dpop: flow.dpop(ctx.dpopKey, 'POST', ctx.meta.credential_endpoint, { token: ctx.token }) }), { status: [401] })
  issued('credential-dpop-of-the-token-request', ['invalid_dpop_proof'], (ctx) => ({ dpop: flow.dpop(ctx.dpopKey, 'POST', ctx.as.token_endpoint, { token: ctx.token }) }), { status: [401] })
  issued('credential-proof-malleable-honest', undefined, (ctx) => ({ proofs: [malleable(flow.proof(ctx))] }), honest)
  return { cases: list, ready, credential: flow.credential }
}
