// didwebvh-ts with Node's own Ed25519, which is faster than the ones in JavaScript that it suggests.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { resolveDIDFromLog } from 'didwebvh-ts';
import { file, measure } from './measure.mjs';

/** What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410). */
const BEFORE_KEY = Buffer.from('302a300506032b6570032100', 'hex');

const verifier = {
  async verify(signature, message, publicKey) {
    const der = Buffer.concat([BEFORE_KEY, Buffer.from(publicKey)]);
    return crypto.verify(null, message, crypto.createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
  },
};

for (const entries of [1, 10, 100]) {
  const text = file(`log-${entries}.jsonl`);
  const parse = () => text.trim().split('\n').map((line) => JSON.parse(line));
  const { meta } = await resolveDIDFromLog(parse(), { verifier });
  assert.equal(meta.error, undefined);
  assert.ok(meta.versionId.startsWith(`${entries}-`));
  const changed = parse();
  changed.at(-1).state.changed = true;
  const outcome = await resolveDIDFromLog(changed, { verifier }).catch((error) => ({ meta: { error } }));
  assert.ok(outcome.meta.error, 'a changed last entry must be refused');
  await measure(`webvh_${entries}`, () => resolveDIDFromLog(parse(), { verifier }));
}
