// RFC 6749 section 4.3 on top of oidc-provider, which brings every other grant itself. It is built from the pieces
// that the core's own grants are built from; the lock file pins the version that has them.
import * as crypto from 'node:crypto';

const equal = (a, b) => {
  const digest = (text) => crypto.createHash('sha256').update(text, 'utf8').digest();
  return crypto.timingSafeEqual(digest(a), digest(b));
};

export function addPasswordGrant(provider, { users, scopes, errors, core, issueTokens }) {
  const pieces = Object.fromEntries(Object.entries(core).map(([name, piece]) => [name, piece.bind(undefined, provider)]));

  async function passwordGrant(ctx) {
    const { client, params } = ctx.oidc;
    for (const name of ['username', 'password']) {
      if (params[name] === undefined) throw new errors.InvalidRequest(`missing required parameter '${name}'`);
    }
    const dPoP = await pieces.validateDpop(ctx);
    const cert = pieces.checkMtlsCert(ctx);
    pieces.checkDpopRequired(ctx, dPoP);

    const requested = [...pieces.validateClientScope(ctx)];
    const unknown = requested.find((name) => !scopes.includes(name));
    if (unknown) throw new errors.InvalidScope('requested scope is not allowed', unknown);

    const user = users.get(params.username);
    if (!user || !equal(user.password, params.password)) {
      throw new errors.InvalidGrant('resource owner credentials are wrong');
    }

    await pieces.resolveRequestedResources(ctx);
    const scope = requested.join(' ') || 'read';
    const resources = [].concat(params.resource ?? []);
    const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
    grant.addOIDCScope(scope);
    for (const resource of resources) grant.addResourceScope(resource, scope);
    const source = {
      accountId: params.username,
      clientId: client.clientId,
      grantId: await grant.save(),
      scope,
      scopes: new Set(scope.split(' ')),
      resource: params.resource,
      resourceIndicators: new Set(resources),
      amr: ['pwd'],
      authTime: Math.floor(Date.now() / 1000),
      expiresWithSession: false,
    };
    await issueTokens(provider, pieces, ctx, source, grant, { gty: 'password', entityLabel: 'resource owner', cert, dPoP });
  }

  provider.registerGrantType('password', passwordGrant, ['username', 'password', 'scope', 'resource'], ['resource']);
}
