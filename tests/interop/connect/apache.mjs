// Debian's Apache with mod_auth_openidc before one page: the settings are those that docs/space.md names.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const server = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'

export function whyNoApache() {
  if (!existsSync(server)) return 'no Apache on this machine (Debian package `apache2-bin`)'
  if (!existsSync(`${modules}/mod_auth_openidc.so`)) return 'no mod_auth_openidc (Debian package `libapache2-mod-auth-openidc`)'
  return undefined
}

const configuration = ({ dir, issuer, port, origin, client }) => `
ServerRoot /usr/lib/apache2
ServerName wiki.localhost
Listen 127.0.0.1:${port}
PidFile ${dir}/pid
ErrorLog ${dir}/error.log
LogLevel warn
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'headers', 'env', 'log_config', 'auth_openidc'].filter((name) => existsSync(`${modules}/mod_${name}.so`)).map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n')}
DocumentRoot ${dir}/pages
DirectoryIndex index.txt
LogFormat "%U %u" users
CustomLog ${dir}/access.log users
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID            ${client.client_id}
OIDCClientSecret        ${client.client_secret}
OIDCRedirectURI         ${origin}/callback
OIDCCryptoPassphrase    "only for this test"
OIDCPKCEMethod          S256
OIDCScope               "openid profile email"
OIDCRemoteUserClaim     sub
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`

export async function startApache(settings) {
  const { dir, port } = settings
  mkdirSync(join(dir, 'pages'), { recursive: true })
  writeFileSync(join(dir, 'pages', 'index.txt'), 'the page behind Apache')
  const file = join(dir, 'httpd.conf')
  writeFileSync(file, configuration(settings))
  // Apache reads the pages as a user who owns nothing.
  for (let place = dir; place !== '/' && place !== '/tmp'; place = join(place, '..')) {
    try {
      chmodSync(place, 0o755)
    } catch {
      break
    }
  }
  execFileSync(server, ['-f', file, '-t'], { stdio: 'pipe' })
  const running = spawn(server, ['-f', file, '-D', 'FOREGROUND'], { stdio: 'ignore' })
  const ended = new Promise((done) => running.once('exit', done))
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).catch(() => undefined)
    if (answered) break
    await new Promise((done) => setTimeout(done, 100))
  }
  return {
    // Who came to the page, each once, as Apache's own log names them.
    users: () => [...new Set(readFileSync(join(dir, 'access.log'), 'utf8').split('\n').filter((line) => /^\/(index\.txt)? /.test(line) && !line.endsWith(' -')).map((line) => line.split(' ')[1].split('@')[0]))],
    close: () => {
      running.kill('SIGTERM')
      return ended
    },
  }
}
