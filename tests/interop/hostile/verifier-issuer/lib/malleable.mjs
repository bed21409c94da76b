// ECDSA signatures come in pairs: whoever sees (r, s) makes (r, n - s), which is as valid and other text (RFC 6979, SEC 1 §4.1.4).
// What was used once must not count again because its text changed.
import { b64, unb64 } from './jose.mjs'

const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

export function malleable(compact) {
  const at = compact.lastIndexOf('.')
  const signature = unb64(compact.slice(at + 1))
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
  return `${compact.slice(0, at)}.${b64(Buffer.concat([signature.subarray(0, 32), other]))}`
}
