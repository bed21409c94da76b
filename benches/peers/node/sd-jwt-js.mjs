// @sd-jwt/sd-jwt-vc and @sd-jwt/jwt-status-list with Node's own OpenSSL calls: the fastest signer one can plug in.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs';
import { StatusList, createHeaderAndPayload, getListFromStatusListJWT } from '@sd-jwt/jwt-status-list';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { fixture, measure, statusBits } from './measure.mjs';

const DSA = { dsaEncoding: 'ieee-p1363' };
const given = fixture();

function signer(jwk) {
  const key = crypto.createPrivateKey({ key: jwk, format: 'jwk' });
  return (data) => crypto.sign('sha256', Buffer.from(data), { key, ...DSA }).toString('base64url');
}

function checks(key, data, signature) {
  return crypto.verify('sha256', Buffer.from(data), { key, ...DSA }, Buffer.from(signature, 'base64url'));
}

async function credentials() {
  const issuerPublic = crypto.createPublicKey({ key: given.issuer, format: 'jwk' });
  const common = { hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt, signAlg: 'ES256', kbSignAlg: 'ES256' };
  const issuer = new SDJwtVcInstance({ ...common, signer: signer(given.issuer) });
  const holder = new SDJwtVcInstance({ ...common, kbSigner: signer(given.holder) });
  const verifier = new SDJwtVcInstance({
    ...common,
    verifier: (data, signature) => checks(issuerPublic, data, signature),
    kbVerifier: (data, signature, payload) =>
      checks(crypto.createPublicKey({ key: payload.cnf.jwk, format: 'jwk' }), data, signature),
  });
  // The library would fetch the list while it verifies, so the reference goes by another name here.
  const { status, ...claims } = given.claims;
  claims.other_status = status;
  const frame = { _sd: given.top, address: { _sd: Object.keys(claims.address) }, roles: { _sd: [0, 1] } };
  const wanted = { given_name: true, family_name: true, birthdate: true, address: { locality: true }, roles: { 0: true } };
  const issue = () => issuer.issue(structuredClone(claims), frame);
  const credential = await issue();
  const present = () =>
    holder.present(credential, wanted, {
      kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: given.audience, nonce: given.nonce } },
    });
  const presentation = await present();
  const verify = async (text) => {
    const verified = await verifier.verify(text, { keyBindingNonce: given.nonce });
    assert.equal(verified.kb.payload.aud, given.audience);
    return verified;
  };
  const { payload } = await verify(presentation);
  assert.equal(payload.address.locality, 'Harbour');
  assert.equal(payload.email, undefined);
  const changed = presentation.at(-5) === 'A' ? 'B' : 'A';
  await assert.rejects(verify(presentation.slice(0, -5) + changed + presentation.slice(-4)));
  await measure('issue', issue);
  await measure('present', present);
  await measure('verify', () => verify(presentation));
}

async function statusLists() {
  const bits = statusBits(given.status_entries);
  const sign = signer(given.issuer);
  const build = () => {
    const claims = { iss: 'https://office.example.org', sub: 'https://office.example.org/status/1', ttl: 3600 };
    claims.iat = Math.floor(Date.now() / 1000);
    const { header, payload } = createHeaderAndPayload(new StatusList(bits, 1), claims, { alg: 'ES256' });
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const data = `${encode(header)}.${encode(payload)}`;
    return `${data}.${sign(data)}`;
  };
  const token = build();
  const check = () => getListFromStatusListJWT(token).getStatus(given.status_index);
  assert.equal(check(), bits[given.status_index]);
  await measure('status_list_build', build);
  await measure('status_check_cold', check);
}

await credentials();
await statusLists();
