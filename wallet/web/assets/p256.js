// The public half of a P-256 key (FIPS 186-5, SEC 1 §3.2.1), which WebCrypto gives for keys that it makes itself and not for one that is derived. It is used when a
// recovery code is made or typed, in the browser of its owner and nowhere else; the time that it takes tells nobody anything who could measure it.

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const BASE = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
]
const reduced = (value) => ((value % P) + P) % P

function inverse(value) {
  let [low, high, left, right] = [1n, 0n, reduced(value), P]
  while (left > 1n) {
    const quotient = right / left
    ;[low, high, left, right] = [high - low * quotient, low, right - left * quotient, left]
  }
  return reduced(low)
}

function sum(one, other) {
  if (!one) return other
  const isSame = one[0] === other[0] && one[1] === other[1]
  const slope = reduced(isSame ? (3n * one[0] * one[0] - 3n) * inverse(2n * one[1]) : (other[1] - one[1]) * inverse(other[0] - one[0]))
  const x = reduced(slope * slope - one[0] - other[0])
  return [x, reduced(slope * (one[0] - x) - one[1])]
}

const number = (bytes) => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
const bytesOf = (value) => Uint8Array.from({ length: 32 }, (_, place) => Number((value >> BigInt(8 * (31 - place))) & 255n))

// The two coordinates; none for bytes that are no key, one of 2^32.
export function publicHalf(secret) {
  const scalar = number(secret)
  if (scalar === 0n || scalar >= ORDER) return undefined
  let [point, doubled] = [undefined, BASE]
  for (let left = scalar; left > 0n; left >>= 1n) {
    if (left & 1n) point = sum(point, doubled)
    doubled = sum(doubled, doubled)
  }
  return point.map(bytesOf)
}
