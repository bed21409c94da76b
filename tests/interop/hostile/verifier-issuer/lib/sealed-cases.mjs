// The faults of encrypted credential requests and answers (OpenID4VCI 1.0 §8.2, §8.3, §10). As in issuer-cases.mjs.
import { b64, decrypt, encrypt, jws, newKey, publicOf, random, unb64 } from './jose.mjs'

export function sealedCases({ flow, options }) {
  const list = []
  const add = (name, codes, run, more = {}) => list.push({ name, status: [400], codes, run, ...more })
  const wrong = ['invalid_encryption_parameters']

  const keyOf = (ctx) => ctx.meta.credential_request_encryption?.jwks?.keys?.[0]
  const responseKey = () => ({ ...newKey(), kid: 'answer', alg: 'ECDH-ES', use: 'enc' })
  const publicPart = ({ d, ...rest }) => rest
  const asked = (key, change = {}) => ({ credential_response_encryption: { jwk: publicPart(key), enc: 'A128GCM', ...change } })
  // fault: jwe (faults of encrypt), plaintext (function), compact (function), asked (value; null: none), type, key (of the answer)
  async function sealed(ctx, fault = {}) {
    const to = fault.to ?? keyOf(ctx)
    if (!to) throw new Error('the issuer offers no key for requests')
    const key = fault.key ?? responseKey()
    const body = { ...flow.bodyOf(ctx, fault.proofs), ...(fault.asked === null ? {} : fault.asked ?? asked(key)) }
    const text = fault.plaintext ? fault.plaintext(JSON.stringify(body)) : JSON.stringify(body)
    const jwe = encrypt(text, to, { enc: 'A128GCM', ...fault.jwe })
    const answer = await flow.credential(ctx, { raw: fault.compact ? fault.compact(jwe) : jwe, type: fault.type ?? 'application/jwt' })
    if (answer.status === 200 && /^application\/jwt/.test(answer.headers['content-type'] ?? '')) {
      const opened = decrypt(answer.text, key)
      return { ...answer, json: JSON.parse(opened.text), jwe: opened.header }
    }
    return answer
  }
  const ready = async () => flow.ready()
  const request = (name, codes, fault, more) => add(name, codes, async () => {
    const ctx = await ready()
    return sealed(ctx, typeof fault === 'function' ? fault(ctx) : fault)
  }, more)
  const honest = (name, fault, good = () => true) => add(name, undefined, async () => {
    const answer = await sealed(await ready(), typeof fault === 'function' ? fault() : fault)
    const right = answer.status === 200 && answer.json?.credentials?.length === 1 && good(answer)
    return { result: answer, accepted: right, detail: `${answer.status}, answer ${answer.jwe ? `encrypted ${answer.jwe.enc}${answer.jwe.zip ? ` ${answer.jwe.zip}` : ''}` : 'readable'}` }
  }, { honest: true })

  const strict = () => options.strict
  honest('sealed-both-ways', {}, ({ jwe }) => jwe?.enc === 'A128GCM' && !jwe.zip && jwe.kid === 'answer')
  honest('sealed-A256GCM', () => { const key = responseKey(); return { key, jwe: { enc: 'A256GCM' }, asked: asked(key, { enc: 'A256GCM' }) } }, ({ jwe }) => jwe?.enc === 'A256GCM')
  honest('sealed-compressed', () => { const key = responseKey(); return { key, jwe: { zip: true }, asked: asked(key, { zip: 'DEF' }) } }, ({ jwe }) => Boolean(jwe))
  honest('sealed-apu-apv', { jwe: { apu: 'wallet', apv: 'issuer' } }, ({ jwe }) => Boolean(jwe))
  honest('sealed-key-without-use', () => { const { use, ...key } = responseKey(); return { key } }, ({ jwe }) => Boolean(jwe))
  if (!strict()) {
    honest('sealed-request-readable-answer', { asked: null }, ({ jwe }) => !jwe)
    add('sealed-not-at-all', undefined, async () => flow.credential(await ready()), { honest: true })
  } else {
    add('readable-where-encryption-is-required', wrong, async () => flow.credential(await ready()))
    request('readable-answer-where-encryption-is-required', wrong, { asked: null })
  }
  add('asked-in-a-readable-request', wrong, async () => flow.credential(await ready(), { body: (body) => ({ ...body, ...asked(responseKey()) }) }))
  add('answer-private-key-in-a-readable-request', wrong, async () => {
    const key = responseKey()
    return flow.credential(await ready(), { body: (body) => ({ ...body, credential_response_encryption: { jwk: key, enc: 'A128GCM' } }) })
  })

  // --- the request's JWE
  const jwe = (name, value, more) => request(`request-${name}`, wrong, typeof value === 'function' ? value : { jwe: value }, more)
  const offCurve = () => {
    const { kty, crv, x, y } = newKey()
    const bent = unb64(y)
    bent[31] ^= 1
    return { kty, crv, x, y: b64(bent) }
  }
  jwe('kid-wrong', { header: { kid: 'no-such-key' } })
  jwe('kid-missing', { dropHeader: ['kid'] })
  jwe('to-another-key', (ctx) => ({ to: { ...newKey(), kid: keyOf(ctx).kid } }))
  jwe('alg-dir', { dir: true })
  jwe('alg-none', { header: { alg: 'none' } })
  jwe('alg-ECDH-ES+A128KW', { header: { alg: 'ECDH-ES+A128KW' } })
  jwe('alg-RSA1_5', { header: { alg: 'RSA1_5' } })
  jwe('enc-unknown', { header: { enc: 'A512GCM' } })
  jwe('enc-CBC', { header: { enc: 'A128CBC-HS256' } })
  jwe('zip-unknown', { header: { zip: 'GZ' } })
  jwe('zip-not-deflated', { header: { zip: 'DEF' } })
  jwe('zip-bomb-50-MB', () => ({ jwe: { zip: true }, plaintext: (json) => `${json.slice(0, -1)},"pad":"${'0'.repeat(50e6)}"}` }), { heavy: true })
  jwe('epk-off-curve', () => ({ jwe: { epk: offCurve() } }))
  jwe('epk-zero', { epk: { kty: 'EC', crv: 'P-256', x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) } })
  jwe('epk-other-curve', { epk: { kty: 'OKP', crv: 'X25519', x: b64(Buffer.alloc(32, 9)) } })
  jwe('epk-private', { epkPrivate: true })
  jwe('epk-missing', { dropHeader: ['epk'] })
  jwe('apu-not-in-kdf', { lieApu: 'lie' })
  jwe('tag-8-bytes', { tagLength: 8 })
  jwe('tag-empty', { tagLength: 0 })
  jwe('iv-empty', { iv: Buffer.alloc(0) })
  jwe('iv-8-bytes', { iv: Buffer.alloc(8) })
  jwe('crit-unknown', { header: { crit: ['x-must'], 'x-must': true } })
  jwe('crit-b64', { header: { crit: ['b64'], b64: false } })
  jwe('tag-changed', () => ({ compact: (text) => { const parts = text.split('.'); const tag = unb64(parts[4]); tag[0] ^= 1; return [...parts.slice(0, 4), b64(tag)].join('.') } }))
  jwe('four-parts', () => ({ compact: (text) => text.split('.').slice(0, 4).join('.') }))
  jwe('encrypted-key', () => ({ compact: (text) => text.replace('..', `.${b64('key')}.`) }))
  jwe('two-recipients', { recipients: true })
  jwe('empty', () => ({ compact: () => '' }))
  // What is in it is read as if it had come readable.
  const bad = ['invalid_credential_request', ...wrong]
  request('inside-not-json', bad, { plaintext: () => 'not json' })
  request('inside-array', bad, { plaintext: (text) => `[${text}]` })
  request('inside-unsigned-jws', bad, { plaintext: (text) => jws({ alg: 'none' }, JSON.parse(text), { none: true }) })
  request('inside-nested-jwe', bad, (ctx) => ({ plaintext: (text) => encrypt(text, keyOf(ctx)) }))
  request('inside-name-twice', bad, { plaintext: (text) => `{"proofs":{},${text.slice(1)}` })
  request('inside-nested-10000-deep', [...bad, 'invalid_proof'], { plaintext: (text) => `${text.slice(0, -1)},"x":${'['.repeat(1e4)}${']'.repeat(1e4)}}` })
  request('inside-utf8-invalid', bad, { plaintext: (text) => Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from([0xff]), Buffer.from('"}')]) })
  request('inside-no-proof', ['invalid_proof'], { plaintext: (text) => { const { proofs, ...rest } = JSON.parse(text); return JSON.stringify(rest) } })
  request('inside-nonce-foreign', ['invalid_nonce'], (ctx) => ({ proofs: [flow.proof({ ...ctx, nonce: random(32) })] }))
  request('type-json', bad, { type: 'application/json' })
  request('type-missing', bad, { type: 'text/plain' }, { status: [400, 415], codes: undefined })
  add('type-jwt-but-readable', wrong, async () => {
    const ctx = await ready()
    return flow.credential(ctx, { raw: JSON.stringify(flow.bodyOf(ctx)), type: 'application/jwt' })
  })
  request('20-MB', undefined, { plaintext: (text) => `${text.slice(0, -1)},"pad":"${'x'.repeat(20e6)}"}` }, { status: [400, 413], heavy: true })

  // --- how the answer is to be encrypted
  const answer = (name, change, more) => request(`answer-${name}`, wrong, () => {
    const made = responseKey()
    return { key: made, asked: { credential_response_encryption: change({ jwk: publicPart(made), enc: 'A128GCM' }, made) } }
  }, more)
  const jwk = (name, change, more) => answer(`key-${name}`, (parameters, made) => ({ ...parameters, jwk: change(parameters.jwk, made) }), more)
  jwk('private', (_, made) => made)
  jwk('off-curve', (key) => ({ ...key, ...offCurve() }))
  jwk('zero', (key) => ({ ...key, x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) }))
  jwk('for-signing', (key) => ({ ...key, use: 'sig' }))
  jwk('without-alg', ({ alg, ...key }) => key)
  jwk('alg-other', (key) => ({ ...key, alg: 'RSA-OAEP-256' }))
  jwk('alg-none', (key) => ({ ...key, alg: 'none' }))
  jwk('other-curve', ({ kid, alg, use }) => ({ kty: 'OKP', crv: 'X25519', x: b64(Buffer.alloc(32, 9)), kid, alg, use }))
  jwk('symmetric', ({ kid, use }) => ({ kty: 'oct', k: b64(Buffer.alloc(16)), kid, alg: 'dir', use }))
  jwk('short-coordinate', (key) => ({ ...key, x: key.x.slice(0, -2) }))
  jwk('key_ops-other', (key) => ({ ...key, key_ops: ['verify'] }))
  jwk('missing', () => undefined)
  jwk('a-string', () => 'https://wallet.example/jwks.json')
  answer('enc-missing', ({ enc, ...rest }) => rest)
  answer('enc-unknown', (parameters) => ({ ...parameters, enc: 'A512GCM' }))
  answer('enc-CBC', (parameters) => ({ ...parameters, enc: 'A128CBC-HS256' }))
  answer('zip-unknown', (parameters) => ({ ...parameters, zip: 'GZ' }))
  answer('a-string', () => 'yes')
  answer('null', () => null)
  answer('draft-form-alone', ({ jwk: { alg, ...key }, enc }) => ({ alg, enc, jwk: key }))

  // --- again
  add('request-replayed', ['invalid_nonce', 'credential_request_denied'], async () => {
    const ctx = await ready()
    const text = encrypt(JSON.stringify({ ...flow.bodyOf(ctx), ...asked(responseKey()) }), keyOf(ctx))
    const first = await flow.credential(ctx, { raw: text, type: 'application/jwt' })
    if (first.status !== 200) throw new Error(`the first use was answered ${first.status}`)
    return flow.credential(ctx, { raw: text, type: 'application/jwt' })
  })
  add('request-of-another-token', ['invalid_nonce'], async () => {
    const [one, other] = [await ready(), await ready()]
    const text = encrypt(JSON.stringify({ ...flow.bodyOf(one), ...asked(responseKey()) }), keyOf(one))
    const first = await flow.credential(one, { raw: text, type: 'application/jwt' })
    if (first.status !== 200) throw new Error(`the first use was answered ${first.status}`)
    return flow.credential(other, { raw: text, type: 'application/jwt' })
  })
  add('refused-ones-use-nothing-up', undefined, async () => {
    const ctx = await ready()
    await sealed(ctx, { jwe: { header: { kid: 'no-such-key' } } })
    await sealed(ctx, { jwe: { tagLength: 8 } })
    return sealed(ctx)
  }, { honest: true })
  add('errors-are-readable', undefined, async () => {
    const ctx = await ready()
    const answer = await sealed(ctx, { proofs: [flow.proof({ ...ctx, nonce: random(32) })] })
    const good = answer.status === 400 && /^application\/json/.test(answer.headers['content-type'] ?? '') && answer.json?.error === 'invalid_nonce'
    return { result: answer, accepted: !good, detail: `${answer.status} ${answer.headers['content-type']}` }
  })
  add('metadata-keys-are-usable', undefined, async () => {
    const { meta } = await flow.open()
    const keys = meta.credential_request_encryption?.jwks?.keys ?? []
    const good = keys.length > 0 && keys.every((key) => key.kid && key.alg && !('d' in key) && key.use !== 'sig') && new Set(keys.map(({ kid }) => kid)).size === keys.length &&
      meta.credential_request_encryption.encryption_required === Boolean(strict())
    return { accepted: !good, detail: `${keys.length} keys, each with kid and alg and no private part; required: ${meta.credential_request_encryption?.encryption_required}` }
  })
  return { cases: list, ready, credential: (ctx) => sealed(ctx), sealed }
}
