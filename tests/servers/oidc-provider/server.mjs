// oidc-provider over https on 127.0.0.1, with a password grant.
// usage: node server.mjs FOLDER NODE_MODULES
// FOLDER has the keys and certificates that start.sh makes; the server writes there `port` and `port-mtls`, once it
// listens, and `requests.jsonl`, a line for each request before its answer leaves. It asks for client certificates at
// the second port alone, which the metadata name as aliases (RFC 8705 s5).
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import { register } from 'node:module';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

import { clients, jwk } from './clients.mjs';
import { addPasswordGrant } from './password_grant.mjs';

// Debian 12 has Node 18; the libraries count on what Node 22 has.
globalThis.crypto ??= crypto.webcrypto;
if (!crypto.hash) register('./crypto_hook.mjs', import.meta.url);
URL.parse ??= (url, base) => { try { return new URL(url, base); } catch { return null; } };

const [folder, modules] = process.argv.slice(2).map((name) => path.resolve(name));
const library = (file) => import(pathToFileURL(path.join(modules, 'oidc-provider/lib', file)).href);
const { default: Provider, errors } = await library('index.js');
const { issueTokens } = await library('helpers/grant_common.js');
const core = await library('helpers/grants.js');

const accounts = JSON.parse(fs.readFileSync(new URL('accounts.json', import.meta.url), 'utf8'));
const users = new Map(Object.entries(accounts.users));
users.set('long', { password: '0123456789abcdef'.repeat(256), email: 'long@example.com' });
const scopes = ['openid', 'offline_access', 'email', 'profile', 'read', 'write'];
const resources = {
  'https://api.example.com/': { scope: 'read write', audience: 'https://api.example.com/', accessTokenFormat: 'opaque' },
  'https://jwt.example.com/': {
    scope: 'read write', audience: 'https://jwt.example.com/', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
  },
};
const isClient = (ctx, id) => ctx.oidc.client?.clientId === id;
const lifetime = (ctx, token, client) => (client?.clientId === 'short-client' ? 3 : 600);

const mutualTls = {
  enabled: true,
  certificateBoundAccessTokens: true,
  tlsClientAuth: true,
  selfSignedTlsClientAuth: true,
  getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
  certificateAuthorized: (ctx) => ctx.socket.authorized === true,
  certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn'
    // Node writes the subject as lines, RFC 4514 backwards with commas.
    && ctx.socket.getPeerX509Certificate().subject.split('\n').reverse().join(',') === expected,
};

const configuration = {
  clients: clients(folder, accounts.clients),
  scopes,
  claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
  jwks: {
    keys: [
      jwk(folder, 'server-rs256.key', { kid: 'server-rs256', alg: 'RS256' }),
      jwk(folder, 'server-es256.key', { kid: 'server-es256', alg: 'ES256' }),
    ],
  },
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
  clientAuthMethods: [
    'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none',
    'tls_client_auth', 'self_signed_tls_client_auth',
  ],
  enabledJWA: {
    clientAuthSigningAlgValues: ['HS256', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'],
    dPoPSigningAlgValues: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
  },
  rotateRefreshToken: (ctx) => !isClient(ctx, 'steady-client'),
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  ttl: { AccessToken: lifetime, ClientCredentials: lifetime, IdToken: 600, RefreshToken: 3600, Grant: 86400 },
  findAccount: async (ctx, name) => users.has(name) && {
    accountId: name,
    claims: async () => ({ sub: name, email: users.get(name).email, name }),
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, resource) => {
        if (!resources[resource]) throw new errors.InvalidTarget();
        return { accessTokenTTL: 600, ...resources[resource] };
      },
    },
    dPoP: {
      enabled: true,
      nonceSecret: crypto.randomBytes(32),
      requireNonce: (ctx) => isClient(ctx, 'dpop-nonce-client'),
    },
    mTLS: mutualTls,
  },
};

/** Records the request as it came, with the status of its answer, before the first byte of that answer leaves. */
function record(log, request, response) {
  const chunks = [];
  const { push } = request;
  request.push = function keep(chunk, ...rest) {
    if (chunk) chunks.push(chunk);
    return push.call(this, chunk, ...rest);
  };
  const { writeHead } = response;
  response.writeHead = function note(...rest) {
    const result = writeHead.apply(this, rest);
    fs.writeSync(log, `${JSON.stringify({
      method: request.method,
      url: request.url,
      headers: request.headers,
      client_certificate: request.socket.getPeerX509Certificate?.()?.subject,
      body: Buffer.concat(chunks).toString('latin1'),
      status: response.statusCode,
    })}\n`);
    return result;
  };
}

const log = fs.openSync(path.join(folder, 'requests.jsonl'), 'a', 0o600);
const file = (name) => fs.readFileSync(path.join(folder, name));
const files = { key: file('tls.key'), cert: file('tls.pem'), ca: file('ca.pem') };
const plain = https.createServer(files);
const mutual = https.createServer({ ...files, requestCert: true, rejectUnauthorized: false }); // asks, never demands

const listening = (server, port) => new Promise((resolve) => {
  server.listen(port, '127.0.0.1', () => resolve(`https://localhost:${server.address().port}`));
});
const base = await listening(plain, Number(process.env.PORT || 0));
const mutualBase = await listening(mutual, 0);
const aliases = { token: '/token', introspection: '/token/introspection', revocation: '/token/revocation' };
configuration.discovery = {
  mtls_endpoint_aliases: Object.fromEntries(
    Object.entries(aliases).map(([name, where]) => [`${name}_endpoint`, mutualBase + where]),
  ),
};
const provider = new Provider(base, configuration);
addPasswordGrant(provider, { users, scopes, errors, core, issueTokens });
for (const event of ['grant.error', 'introspection.error', 'revocation.error', 'server_error']) {
  provider.on(event, (ctx, error) => console.error(event, error.error_description, error.error_detail, error.stack));
}
const answer = provider.callback();
for (const server of [plain, mutual]) {
  server.on('request', (request, response) => {
    record(log, request, response);
    answer(request, response);
  });
}
for (const [name, { port }] of [['port-mtls', mutual.address()], ['port', plain.address()]]) {
  fs.writeFileSync(path.join(folder, `${name}.new`), String(port));
  fs.renameSync(path.join(folder, `${name}.new`), path.join(folder, name));
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
