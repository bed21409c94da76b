// node mint.mjs DIR [--vct V] [--host H]: a test root and its key, an issuer leaf below it, a holder key and a valid dc+sd-jwt credential,
// for verifiers that can be told to trust root.pem. Claims fit ../../credo/query.json.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from './lib/cli.mjs'
import { newKey, now, publicOf } from './lib/jose.mjs'
import { issue } from './lib/sdjwt.mjs'
import { certificate, name, pem } from './lib/x509.mjs'

const [dir, ...rest] = process.argv.slice(2)
const { vct = 'urn:example:demo-id:1', host = 'issuer.example' } = parseArgs(rest)
mkdirSync(dir, { recursive: true })
const write = (file, value) => writeFileSync(join(dir, file), typeof value === 'string' ? value : JSON.stringify(value))
const [rootKey, key, holder] = [newKey(), newKey(), newKey()]
const rootName = name('Attack test root')
const root = certificate({ subject: rootName, issuer: rootName, key: rootKey, signer: rootKey, ca: true, pathLength: 2 })
const leaf = certificate({ subject: name('Attack test issuer'), issuer: rootName, key, signer: rootKey, san: { dns: [host], uri: [`https://${host}`] } })
const x5c = [leaf.toString('base64')]
const credential = issue({
  header: { x5c },
  payload: { vct, iat: now() - 60, exp: now() + 20 * 86400, cnf: { jwk: publicOf(holder) } },
  claims: { given_name: 'Ada', family_name: 'Example', birthdate: '1990-01-02', nationalities: ['NL', 'DE'] },
  recursive: { address: { locality: 'Utrecht', country: 'NL' } },
  key,
})
write('root.pem', pem(root))
// For chains with faults.
write('root.jwk', rootKey)
write('issuer.jwk', key)
write('issuer.x5c', x5c)
write('holder.jwk', holder)
write('credential.sdjwt', credential)
