// The loop and the fixture of the Node peers: the same lines as the Rust peers print.
import fs from 'node:fs';

const folder = process.env.PEER_FIXTURE;
const LONG_ENOUGH = 600;

export const file = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8');
export const fixture = () => JSON.parse(file('fixture.json'));

/** Runs `job` for a while and prints its median in microseconds. */
export async function measure(name, job) {
  // Longer than the Rust peers, because the just-in-time compiler needs it.
  const warm = performance.now() + LONG_ENOUGH / 2;
  while (performance.now() < warm) await job();
  const times = [];
  const start = performance.now();
  while (performance.now() - start < LONG_ENOUGH || times.length < 3) {
    const one = performance.now();
    await job();
    times.push((performance.now() - one) * 1e3);
  }
  times.sort((a, b) => a - b);
  console.log(`${name}\t${times[times.length >> 1].toFixed(3)}\t${times.length}`);
}

/** One entry in a hundred set, the same in every language. */
export function statusBits(entries) {
  let state = 1;
  return Array.from({ length: entries }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 100 === 0 ? 1 : 0;
  });
}
