// Hostile authorisation servers, issuers that put off for ever, that encrypt for somebody else, and metadata signed by nobody one knows.
// As in issuance-cases.mjs; `like` names the honest case that a case is compared with.
import { codeFlow, deferring, encryptJwe, sealing } from './beyond.mjs'
import { b64u, newKey, signJws, unb64u } from './crypto.mjs'

const refuse = (name, what, behaviour, more = {}) => ({ name, what, expect: 'refuse', behaviour, ...more })
const cope = (name, what, behaviour, more = {}) => ({ name, what, expect: 'cope', behaviour, fired: true, ...more })
const either = (name, what, behaviour, more = {}) => ({ name, what, expect: 'either', behaviour, ...more })
// What comes later is fetched by a command that deals with more than one thing: its exit code says nothing of one of them.
const nothing = (name, what, behaviour, more = {}) => ({ name, what, expect: 'nothing', behaviour, collect: true, ...more })

const like = { like: 'code_honest' }
const returned = (name, what, change, more = {}) => refuse(`code_returned_${name}`, what, codeFlow({ returned: change }), { ...like, ...more })
const set = (name, value) => (list, session) => list.map(([known, old]) => [known, known === name ? (typeof value === 'function' ? value(session) : value) : old])
const without = (name) => (list) => list.filter(([known]) => known !== name)
const par = (name, what, change, more = {}) => refuse(`code_par_${name}`, what, codeFlow({ par: change }), { ...like, ...more })
const server = (name, what, change, more = {}) => refuse(`code_server_${name}`, what, codeFlow({ serverMetadata: change }), { ...like, ...more })
const body = (change) => (reply) => ({ ...reply, body: { ...reply.body, ...change } })
const atMost = (step, most) => ({ after: (session) => (session.counts[step] > most ? `${session.counts[step]} requests to ${step}` : '') })
const isThere = (session, request) => request.headers.host?.startsWith(new URL(session.places.other.origin).hostname)
const nonceForEver = { status: 400, headers: { 'dpop-nonce': 'never-enough' }, body: { error: 'use_dpop_nonce' } }

const codeCases = [
  cope('code_honest', 'authorisation code with pushed request, PKCE, iss and DPoP (honest)', codeFlow()),
  cope('code_dpop_nonce_once', 'each endpoint wants a DPoP nonce first (honest)', codeFlow({
    par: (reply, session) => (session.counts.par === 1 ? nonceForEver : reply),
    tokenReply: (reply, session) => (session.counts.token === 1 ? nonceForEver : reply),
  }), like),
  cope('code_par_expires_soon', 'the pushed request ends in five seconds (honest)', codeFlow({ par: body({ expires_in: 5 }) }), like),

  // What the browser comes back with (RFC 6749 §4.1.2, RFC 9207 §2.4)
  returned('iss_other', 'iss of another server: two were mixed up', set('iss', 'https://other.example')),
  returned('iss_one_slash_more', 'iss with one more slash', set('iss', (session) => `${session.base}/`)),
  returned('iss_missing', 'no iss, although the server says that it sends one', without('iss')),
  returned('iss_twice', 'iss twice', (list) => [['iss', 'https://other.example'], ...list]),
  returned('state_other', 'state of somebody else', set('state', 'x'.repeat(43))),
  returned('state_missing', 'no state', without('state')),
  returned('state_twice', 'state twice', (list) => [['state', 'x'], ...list]),
  returned('code_missing', 'no code', without('code')),
  returned('code_empty', 'an empty code', set('code', '')),
  returned('code_twice', 'two codes', (list) => [['code', 'another'], ...list]),
  returned('code_and_error', 'a code beside an error', (list) => [...list, ['error', 'access_denied']]),
  returned('error', 'the person was refused', (list) => [['error', 'access_denied'], ...without('code')(list)]),
  returned('error_hostile_text', 'escapes in error_description', (list) => [['error', 'access_denied'], ['error_description', '\u001b[2J\u202e<b>'], ...without('code')(list)], { terminal: true }),
  returned('error_iss_other', 'an error of another server', (list) => [['error', 'server_error'], ...set('iss', 'https://other.example')(without('code')(list))]),
  refuse('code_returned_other_path', 'another path of this machine', codeFlow({ address: (address) => address.replace('?', '/else?') }), like),
  refuse('code_returned_other_host', 'another host', codeFlow({ address: (address) => address.replace(/^https?:\/\/[^/]+/, 'https://other.example') }), like),
  refuse('code_returned_in_fragment', 'the answer in the fragment', codeFlow({ address: (address) => address.replace('?', '#') }), like),
  refuse('code_returned_no_address', 'garbage instead of an address', codeFlow({ address: () => 'garbage' }), like),

  // What the pushed request is answered with (RFC 9126 §2.2)
  par('request_uri_missing', 'no request_uri', (reply) => ({ ...reply, body: { expires_in: 60 } })),
  par('request_uri_a_number', 'request_uri is a number', body({ request_uri: 7 })),
  par('request_uri_empty', 'request_uri is empty', body({ request_uri: '' })),
  par('request_uri_1_mb', 'request_uri with a million characters', body({ request_uri: `urn:x:${'x'.repeat(1e6)}` })),
  par('expires_in_missing', 'no expires_in', (reply) => ({ ...reply, body: { request_uri: reply.body.request_uri } })),
  par('expires_in_zero', 'expires_in 0', body({ expires_in: 0 })),
  par('expires_in_negative', 'expires_in -1', body({ expires_in: -1 })),
  par('expires_in_a_string', 'expires_in is a string', body({ expires_in: '60' })),
  either('code_par_expires_in_absurd', 'expires_in of thirty billion years', codeFlow({ par: body({ expires_in: 1e18 }) }), like),
  either('code_par_request_uri_foreign', 'request_uri of another host: it is opaque, and sent back to this server only', codeFlow({ par: body({ request_uri: 'https://other.example/request.jwt' }) }), like),
  either('code_par_request_uri_injects', 'request_uri that would bring parameters of its own', codeFlow({ par: body({ request_uri: 'urn:x&client_id=evil&redirect_uri=https://other.example#' }) }), {
    ...like,
    after: (session) => (session.browsed && new URL(session.browsed).searchParams.getAll('client_id').join() !== session.clientId ? 'the address has a parameter of the server\'s' : ''),
  }),
  par('error_status_201', 'an error with status 201', () => ({ status: 201, body: { error: 'invalid_request' } })),
  par('status_500', 'an honest body with status 500', (reply) => ({ ...reply, status: 500 })),
  par('html', 'a page', () => ({ type: 'text/html', body: '<html></html>' })),
  par('50_mb', 'an answer of 50 MB', body({ padding: 'x'.repeat(50e6) })),
  par('redirect', '307 to another host', (reply, session, request) => (isThere(session, request) ? reply : { status: 307, headers: { location: session.places.other.origin + request.url }, body: {} }), { place: 'other' }),
  par('nonce_for_ever', 'use_dpop_nonce for ever', () => nonceForEver, atMost('par', 3)),
  par('nonce_missing', 'use_dpop_nonce without one', () => ({ status: 400, body: { error: 'use_dpop_nonce' } }), atMost('par', 3)),
  refuse('code_token_nonce_for_ever', 'use_dpop_nonce for ever at the token endpoint', codeFlow({ tokenReply: () => nonceForEver }), { ...like, ...atMost('token', 3) }),
  refuse('code_token_not_bound', 'a Bearer token to a wallet that proved a key', codeFlow({ token: (token, session) => ((session.tokenType = 'Bearer'), { ...token, token_type: 'Bearer' }) }), like),
  refuse('code_credential_nonce_for_ever', 'use_dpop_nonce for ever at the credential endpoint', codeFlow({
    credential: () => ({ status: 401, headers: { 'dpop-nonce': 'never-enough', 'www-authenticate': 'DPoP error="use_dpop_nonce"' }, body: { error: 'use_dpop_nonce' } }),
  }), { ...like, ...atMost('credential', 4) }),

  // What the server says of itself (RFC 8414 §2)
  server('without_par', 'no pushed requests', ({ pushed_authorization_request_endpoint: gone, require_pushed_authorization_requests: also, ...rest }) => rest),
  server('without_challenge_methods', 'no PKCE', ({ code_challenge_methods_supported: gone, ...rest }) => rest),
  server('plain_only', 'PKCE in plain only', (metadata) => ({ ...metadata, code_challenge_methods_supported: ['plain'] })),
  server('without_authorization_endpoint', 'no authorization_endpoint', ({ authorization_endpoint: gone, ...rest }) => rest),
  server('authorization_endpoint_javascript', 'authorization_endpoint is a script', (metadata) => ({ ...metadata, authorization_endpoint: 'javascript:alert(1)' })),
  server('authorization_endpoint_file', 'authorization_endpoint is a file', (metadata) => ({ ...metadata, authorization_endpoint: 'file:///etc/passwd' })),
  server('authorization_endpoint_http', 'authorization_endpoint over http elsewhere', (metadata) => ({ ...metadata, authorization_endpoint: 'http://other.example/authorize' })),
  server('authorization_endpoint_fragment', 'authorization_endpoint with a fragment', (metadata) => ({ ...metadata, authorization_endpoint: `${metadata.authorization_endpoint}#x` })),
  server('authorization_endpoint_escapes', 'authorization_endpoint with terminal escapes', (metadata) => ({ ...metadata, authorization_endpoint: `${metadata.authorization_endpoint}/\u001b[2J` }), { terminal: true }),
  server('par_link_local', 'pushed requests to 169.254.169.254', (metadata, session) => ({ ...metadata, pushed_authorization_request_endpoint: `${session.base.replace(session.origin, session.places.link_local.origin)}/par` }), { place: 'link_local' }),
  server('grant_missing', 'the server does not list the grant that is offered', (metadata) => ({ ...metadata, grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code'] })),
]

const later = { like: 'deferred_then_ready', collect: true }
const first = (change) => deferring({ first: (reply) => ({ ...reply, body: { ...reply.body, ...change } }) })
const laterCases = [
  nothing('later_for_ever', '202 for ever', deferring({ later: (ready, session, count, waiting) => waiting }), { ...later, ...atMost('deferred', 20) }),
  nothing('later_interval_absurd', 'an interval of thirty billion years', first({ interval: 1e18 }), later),
  nothing('later_interval_in_a_year', 'an interval of a year', first({ interval: 31536000 }), later),
  nothing('later_interval_zero', 'interval 0', deferring({ first: body({ interval: 0 }), later: (ready, session, count, waiting) => waiting }), { ...later, ...atMost('deferred', 20) }),
  nothing('later_interval_negative', 'interval -1', first({ interval: -1 }), later),
  nothing('later_interval_a_string', 'interval is a string', first({ interval: '1' }), later),
  refuse('later_no_transaction', '202 without transaction_id', deferring({ first: () => ({ status: 202, body: { interval: 1 } }) }), later),
  refuse('later_transaction_a_number', 'transaction_id is a number', first({ transaction_id: 7 }), later),
  either('later_both', 'credentials and a transaction_id: the status decides', deferring({ first: (reply, session) => ({ status: 202, body: { ...reply.body, ...session.ready.body } }) }), later),
  refuse('later_without_endpoint', '202 of an issuer without deferred endpoint', deferring({ metadata: ({ deferred_credential_endpoint: gone, ...rest }) => rest }), later),
  refuse('later_endpoint_link_local', 'deferred endpoint at 169.254.169.254', deferring({ metadata: (metadata, session) => ({ ...metadata, deferred_credential_endpoint: `${session.base.replace(session.origin, session.places.link_local.origin)}/deferred` }) }), { ...later, place: 'link_local' }),
  nothing('later_declined', 'declined in the end', deferring({ later: () => ({ status: 400, body: { error: 'credential_request_denied' } }) }), later),
  nothing('later_unknown', 'unknown in the end', deferring({ later: () => ({ status: 400, body: { error: 'invalid_transaction_id' } }) }), later),
  nothing('later_redirect', 'deferred endpoint: 307 to another host', deferring({ later: (ready, session, count, waiting, request) => (isThere(session, request) ? ready : { status: 307, headers: { location: session.places.other.origin + request.url }, body: {} }) }), { ...later, place: 'other' }),
  nothing('later_for_another_key', 'what comes later is bound to another key', deferring({ later: async (ready, session) => ({ body: { credentials: [{ credential: await session.issue(newKey().jwk) }] } }) }), later),
  nothing('later_more_than_asked', 'more comes later than was asked for', deferring({ later: async (ready, session) => ({ body: { credentials: [...ready.body.credentials, { credential: await session.issue(session.keys[0]) }] } }) }), later),
]

const sealed = { like: 'sealed_honest' }
const answer = (name, what, change, more = {}) => refuse(`sealed_answer_${name}`, what, sealing({ answer: change }), { ...sealed, ...more })
const jwe = (plain, asked, fault, key = asked.jwk) => ({ type: 'application/jwt', told: { ownKey: key === asked.jwk, ...fault }, body: encryptJwe(JSON.stringify(plain), key, { enc: asked.enc, ...fault }) })
const requestKey = (change) => (metadata) => {
  const { jwks, ...rest } = metadata.credential_request_encryption
  return { ...metadata, credential_request_encryption: { ...rest, jwks: { keys: jwks.keys.map(change) } } }
}
const offered = (name, what, change, more = {}) => refuse(`sealed_offered_${name}`, what, sealing({ metadata: change }), { ...sealed, ...more })
const sealedCases = [
  cope('sealed_honest', 'request and answer encrypted (honest)', sealing()),
  answer('readable', 'a readable answer to who asked for an encrypted one', (honest, session, plain) => ({ body: plain })),
  answer('readable_called_jwt', 'readable JSON called application/jwt', (honest, session, plain) => ({ type: 'application/jwt', body: JSON.stringify(plain) })),
  answer('called_json', 'an encrypted answer called application/json', (honest) => ({ ...honest, type: 'application/json' })),
  answer('for_another_key', 'encrypted for another key', (honest, session, plain, asked) => jwe(plain, asked, {}, { ...newKey().jwk, kid: asked.jwk.kid })),
  answer('for_its_own_key', 'encrypted for the issuer\'s own key', (honest, session, plain, asked) => jwe(plain, asked, {}, { ...session.requestKey.jwk, kid: asked.jwk.kid })),
  answer('enc_other', 'enc is not the one that was asked for', (honest, session, plain, asked) => jwe(plain, asked, { enc: 'A256GCM' })),
  answer('zip_not_asked', 'compressed although nobody asked', (honest, session, plain, asked) => jwe(plain, asked, { zip: true })),
  answer('zip_bomb', 'compressed, 100 MB', (honest, session, plain, asked) => jwe({ ...plain, padding: '0'.repeat(1e8) }, asked, { zip: true })),
  answer('tag_short', 'a tag of eight bytes', (honest, session, plain, asked) => jwe(plain, asked, { tagLength: 8 })),
  answer('tag_empty', 'no tag', (honest, session, plain, asked) => jwe(plain, asked, { tagLength: 0 })),
  answer('crit_unknown', 'crit names an unknown header', (honest, session, plain, asked) => jwe(plain, asked, { header: { crit: ['future'], future: 1 } })),
  answer('alg_dir', 'alg dir', (honest, session, plain, asked) => jwe(plain, asked, { header: { alg: 'dir' } })),
  answer('epk_private', 'a private ephemeral key', (honest, session, plain, asked) => jwe(plain, asked, { epkPrivate: true })),
  answer('apu_not_in_kdf', 'apu that did not go into the key', (honest, session, plain, asked) => jwe(plain, asked, { lieApu: true })),
  answer('inside_unsigned_jws', 'an unsigned JWS inside', (honest, session, plain, asked) => ({ type: 'application/jwt', told: { inside: 'jws' }, body: encryptJwe(`${b64u('{"alg":"none"}')}.${b64u(JSON.stringify(plain))}.`, asked.jwk, { enc: asked.enc }) })),
  answer('unsigned_jws', 'an unsigned JWS in its place', (honest, session, plain) => ({ type: 'application/jwt', body: `${b64u('{"alg":"none"}')}.${b64u(JSON.stringify(plain))}.` })),
  offered('enc_unknown', 'required, with nothing that we speak', (metadata) => ({ ...metadata, credential_request_encryption: { ...metadata.credential_request_encryption, enc_values_supported: ['XC20P'] } })),
  offered('alg_unknown', 'answers required under RSA', (metadata) => ({ ...metadata, credential_response_encryption: { ...metadata.credential_response_encryption, alg_values_supported: ['RSA-OAEP-256'] } })),
  offered('no_keys', 'required without any key', (metadata) => ({ ...metadata, credential_request_encryption: { ...metadata.credential_request_encryption, jwks: { keys: [] } } })),
  offered('key_for_signing', 'the only key is for signing', requestKey((key) => ({ ...key, use: 'sig' }))),
  offered('key_private', 'the only key shows its private part', requestKey((key) => ({ ...key, d: key.x }))),
  offered('key_off_curve', 'the only key is no point of the curve', requestKey((key) => { const y = unb64u(key.y); y[31] ^= 1; return { ...key, y: b64u(y) } })),
  offered('key_without_alg', 'the only key has no alg', requestKey(({ alg, ...key }) => key)),
  offered('answers_alone', 'encrypted answers required, requests not encrypted at all', ({ credential_request_encryption: gone, ...rest }) => rest),
]

// Metadata as a JWT (§12.2.3), to a wallet that asked for readable ones.
const signed = (name, what, change, more = {}) => refuse(`metadata_signed_${name}`, what, {
  reply: {
    metadata: async (reply, session) => {
      const { leaf, mode = 'ES256', claims = {} } = await change(session)
      const payload = { ...reply.body, sub: session.base, iat: Math.floor(Date.now() / 1000), ...claims }
      return { type: 'application/jwt', body: signJws({ alg: mode === 'none' ? 'none' : 'ES256', typ: 'openidvci-issuer-metadata+jwt', x5c: [leaf.x5c] }, payload, leaf.key, { mode }) }
    },
  },
}, more)
const metadataCases = [
  signed('by_unknown_root', 'metadata signed by somebody nobody trusts', async (session) => ({ leaf: await session.pki.makeLeaf({ issuer: session.pki.otherRoot }) })),
  signed('unsigned', 'metadata as a JWT with alg none', async (session) => ({ leaf: session.pki.leaf, mode: 'none' })),
  signed('for_another_issuer', 'metadata signed for another issuer', async (session) => ({ leaf: session.pki.leaf, claims: { sub: 'https://other.example' } })),
  signed('zero_signature', 'metadata with a signature of zeros', async (session) => ({ leaf: session.pki.leaf, mode: 'zero' })),
]

export const beyondCases = [...codeCases, ...laterCases, ...sealedCases, ...metadataCases]
