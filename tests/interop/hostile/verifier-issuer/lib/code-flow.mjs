// A wallet and a browser that walk the authorisation code flow (OpenID4VCI 1.0 §5, RFC 9126, 7636, 9207, 9449); every step can be bent.
// The person's part at the issuer's page is only to go on: the offer is one of the staff's, whose `issuer_state` stands for their check.
import { fresh } from './cli.mjs'
import { newKey, random, sha256, thumbprint } from './jose.mjs'

export const client = 'hostile-client'
export const back = 'https://wallet.example/back'
const form = 'application/x-www-form-urlencoded'

// A browser with one cookie jar for one host.
export class Browser {
  static #count = 0
  #cookies = new Map()
  #send
  #from = `127.8.${++Browser.#count >> 8}.${Browser.#count & 255}`
  constructor(send) { this.#send = send }
  async get(url, headers = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#send(url, { headers: { accept: 'text/html', ...(cookie ? { cookie } : {}), ...headers }, from: this.#from })
    for (const line of answer.headers?.['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      this.#cookies.set(name, value)
    }
    return { ...answer, location: answer.headers?.location && new URL(answer.headers.location, url).toString() }
  }
}

export function makeCodeFlow(flow, options) {
  const command = options['code-offer-cmd']

  // An attempt of an honest wallet: what it will push, and what it keeps for later.
  async function begin(change = {}) {
    const { link } = await fresh(command, 'offer')
    const query = new URL(link).searchParams
    const offer = query.has('credential_offer') ? JSON.parse(query.get('credential_offer')) : await flow.json(query.get('credential_offer_uri') ?? link)
    const grant = offer.grants?.authorization_code
    if (!grant) throw new Error('the offer has no grant authorization_code')
    const issuer = offer.credential_issuer
    const verifier = random(32)
    const ctx = {
      offer, issuer, verifier, ...(await flow.metadata(issuer, grant.authorization_server)), issuerState: grant.issuer_state, dpopKey: newKey(), state: random(),
      configuration: offer.credential_configuration_ids[0], browser: new Browser(flow.send), preAuthorized: offer.grants['urn:ietf:params:oauth:grant-type:pre-authorized_code']?.['pre-authorized_code'], ...change,
    }
    ctx.scope = ctx.meta.credential_configurations_supported[ctx.configuration].scope
    return ctx
  }
  const pushedParameters = (ctx) => ({
    response_type: 'code', client_id: client, redirect_uri: back, scope: ctx.scope, state: ctx.state, code_challenge: sha256(ctx.verifier).toString('base64url'), code_challenge_method: 'S256',
    ...(ctx.issuerState ? { issuer_state: ctx.issuerState } : {}),
  })
  // fault: params (function), raw, type, headers (or a function that makes them for each try), dpop (faults of the proof), noDpop, method
  async function push(ctx, fault = {}) {
    const url = ctx.as.pushed_authorization_request_endpoint
    const params = fault.params ? fault.params(pushedParameters(ctx)) : pushedParameters(ctx)
    ctx.pushed = params
    const once = async (nonce) => flow.send(url, {
      method: fault.method ?? 'POST',
      headers: { 'content-type': fault.type ?? form, accept: 'application/json', ...(fault.noDpop ? {} : { dpop: fault.proof ?? flow.dpop(fault.dpopKey ?? ctx.dpopKey, 'POST', url, { nonce, ...fault.dpop }) }), ...(typeof fault.headers === 'function' ? await fault.headers() : fault.headers) },
      body: fault.raw ?? new URLSearchParams(params).toString(),
    })
    return nonced(once)
  }
  // Whoever is asked for a nonce takes the one that is given, once.
  async function nonced(once) {
    const answer = await once()
    const wants = answer.json?.error ?? /error="([^"]+)"/.exec(answer.headers?.['www-authenticate'] ?? '')?.[1]
    return wants === 'use_dpop_nonce' ? once(answer.headers['dpop-nonce']) : answer
  }
  async function pushed(ctx, fault) {
    const answer = await push(ctx, fault)
    if (answer.status !== 201) throw new Error(`the pushed request was answered ${answer.status ?? answer.error} ${answer.text?.slice(0, 200)}`)
    ctx.requestUri = answer.json.request_uri
    ctx.expiresIn = answer.json.expires_in
    return ctx
  }
  const authorizeUrl = (ctx, change = (params) => params) => `${ctx.as.authorization_endpoint}?${new URLSearchParams(change({ client_id: client, request_uri: ctx.requestUri }))}`
  // The browser comes; the page that it is shown.
  async function arrived(ctx) {
    const first = await ctx.browser.get(authorizeUrl(ctx))
    if (first.status !== 303) throw new Error(`the authorisation endpoint answered ${first.status}`)
    ctx.page = await ctx.browser.get(first.location)
    if (ctx.page.status !== 200) throw new Error(`the page answered ${ctx.page.status}`)
    ctx.authorization = new URL(first.location).searchParams.get('authorization')
    return ctx
  }
  const step = (ctx, name) => new URL(`/authorize/${name}?authorization=${ctx.authorization}`, ctx.issuer).toString()
  // The person goes on; the address to which the browser comes back.
  async function returned(ctx) {
    const answer = await ctx.browser.get(step(ctx, 'continue'))
    if (answer.status !== 303) throw new Error(`going on was answered ${answer.status}`)
    ctx.returned = answer.location
    ctx.code = new URL(answer.location).searchParams.get('code')
    return ctx
  }
  // A wallet that has its code.
  const coded = async (change, fault) => returned(await arrived(await pushed(await begin(change), fault)))

  const tokenParameters = (ctx) => ({ grant_type: 'authorization_code', code: ctx.code, redirect_uri: back, client_id: client, code_verifier: ctx.verifier })
  // fault: params (function), raw, dpop, dpopKey, noDpop, proof, nonce
  async function token(ctx, fault = {}) {
    const url = ctx.as.token_endpoint
    const params = fault.params ? fault.params(tokenParameters(ctx)) : tokenParameters(ctx)
    const once = (nonce) => flow.send(url, {
      method: 'POST',
      headers: { 'content-type': form, accept: 'application/json', ...(fault.noDpop ? {} : { dpop: fault.proof ?? flow.dpop(fault.dpopKey ?? ctx.dpopKey, 'POST', url, { nonce, ...fault.dpop }) }) },
      body: fault.raw ?? new URLSearchParams(params).toString(),
    })
    return fault.once ? once(fault.nonce) : nonced(once)
  }
  async function ready(change, fault) {
    const ctx = await coded(change, fault)
    const answer = await token(ctx)
    if (answer.status !== 200) throw new Error(`token endpoint answered ${answer.status ?? answer.error} ${answer.text?.slice(0, 200)}`)
    Object.assign(ctx, { token: answer.json.access_token, tokenType: answer.json.token_type, tokenAnswer: answer, key: newKey() })
    ctx.identifier = answer.json.authorization_details?.[0]?.credential_identifiers?.[0]
    ctx.nonce = (await flow.nonce(ctx)).json?.c_nonce
    return ctx
  }
  const dpopNonce = async (ctx) => (await flow.nonce(ctx)).headers['dpop-nonce']
  return { begin, push, pushed, arrived, returned, coded, token, ready, authorizeUrl, step, pushedParameters, tokenParameters, dpopNonce, thumbprint, credential: flow.credential }
}
