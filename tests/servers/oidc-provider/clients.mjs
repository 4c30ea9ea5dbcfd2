// The clients that the server knows, one for each way to authenticate and for each habit that a test wants to see.
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

const grants = ['password', 'refresh_token', 'client_credentials'];
const userGrants = ['password', 'refresh_token'];

const client = (id, method, more = {}) => ({
  client_id: id,
  token_endpoint_auth_method: method,
  grant_types: grants,
  redirect_uris: [],
  response_types: [],
  ...more,
});
const bound = { tls_client_certificate_bound_access_tokens: true };
const open = (id, more = {}) => client(id, 'none', { grant_types: userGrants, ...more });

/** A PEM key of the folder as JWK. */
export function jwk(folder, file, more) {
  const pem = fs.readFileSync(path.join(folder, file));
  const key = file.endsWith('.key') ? crypto.createPrivateKey(pem) : crypto.createPublicKey(pem);
  return { ...key.export({ format: 'jwk' }), use: 'sig', ...more };
}

const longSecret = '0123456789abcdef'.repeat(256);

export function clients(folder, { basic, odd, plain, post, leading, trailing, expired, secret_jwt: secretJwt }) {
  const signing = (id, alg, file, kid) => client(id, 'private_key_jwt', {
    token_endpoint_auth_signing_alg: alg,
    jwks: { keys: [jwk(folder, file, { kid })] },
  });
  const certificate = new crypto.X509Certificate(fs.readFileSync(path.join(folder, 'client-selfsigned.pem')));
  return [
    client(basic.id, 'client_secret_basic', { client_secret: basic.secret }),
    client(odd.id, 'client_secret_basic', { client_secret: odd.secret }),
    client(plain.id, 'client_secret_basic', { client_secret: plain.secret }),
    client(leading.id, 'client_secret_basic', { client_secret: leading.secret }),
    client(trailing.id, 'client_secret_basic', { client_secret: trailing.secret }),
    client('long-client', 'client_secret_basic', { client_secret: longSecret }),
    client(post.id, 'client_secret_post', { client_secret: post.secret }),
    client(expired.id, 'client_secret_basic', { client_secret: expired.secret, client_secret_expires_at: 1000000000 }),
    client(secretJwt.id, 'client_secret_jwt', {
      client_secret: secretJwt.secret,
      token_endpoint_auth_signing_alg: 'HS256',
    }),
    open('public-client'),
    open('short-client'), // its access tokens live for 3 seconds
    open('steady-client'), // its refresh tokens are not rotated
    open('norefresh-client', { grant_types: ['password'] }),
    open('refreshonly-client', { grant_types: ['refresh_token'] }),
    open('scoped-client', { scope: 'openid read' }),
    open('dpop-client', { dpop_bound_access_tokens: true }),
    open('dpop-nonce-client', { dpop_bound_access_tokens: true }),
    open('mtls-bound-client', bound),
    signing('rs256-client', 'RS256', 'rs256.pub', 'rs256-1'),
    signing('ps256-client', 'PS256', 'ps256.pub', 'ps256-1'),
    signing('es256-client', 'ES256', 'es256.pub', 'es256-1'),
    signing('es384-client', 'ES384', 'es384.pub', 'es384-1'),
    signing('eddsa-client', 'EdDSA', 'eddsa.pub', 'eddsa-1'),
    client('tls-client', 'tls_client_auth', {
      ...bound,
      tls_client_auth_subject_dn: 'CN=tls-client,O=oauth-token tests',
    }),
    client('selfsigned-client', 'self_signed_tls_client_auth', {
      ...bound,
      jwks: {
        keys: [{
          ...certificate.publicKey.export({ format: 'jwk' }),
          kid: 'selfsigned-1',
          x5c: [certificate.raw.toString('base64')],
        }],
      },
    }),
  ];
}
