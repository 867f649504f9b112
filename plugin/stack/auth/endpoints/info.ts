import { publicJwk } from '../../jwt.ts';
import type { App, Context } from '../app.ts';
import { json, type Reply } from '../http/reply.ts';
import { sortKeys } from '../tokens/serialize-user.ts';
import { issuer } from '../urls.ts';

// GoTrue v2.196 internal/api/settings.go, jwks.go, api.go

// The release that this service emulates; clients read it.
const VERSION = 'v2.196.0';

const PUBLIC = { 'Cache-Control': 'public, max-age=600' };

const PROVIDERS = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'snapchat',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'keycloak',
  'kakao',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'spotify',
  'slack',
  'slack_oidc',
  'workos',
  'twitch',
  'twitter',
];

/** GET /health */
export function health(): Reply {
  return json({
    version: VERSION,
    name: 'GoTrue',
    description: 'GoTrue is a user registration and authentication API',
  });
}

/** GET /settings */
export function settings(app: App): Reply {
  const { external, anonymousSignIns, email, sms } = app.settings;
  return json({
    external: {
      anonymous_users: anonymousSignIns,
      ...Object.fromEntries(PROVIDERS.map((name) => [name, external.has(name)])),
      email: email.enabled,
      phone: sms.enabled,
      zoom: external.has('zoom'),
    },
    disable_signup: !app.settings.enableSignup,
    mailer_autoconfirm: email.autoconfirm,
    phone_autoconfirm: sms.autoconfirm,
    sms_provider: sms.provider,
    saml_enabled: false,
    saml_private_key_next_configured: true,
    passkeys_enabled: app.settings.passkeys,
  });
}

/** GET /.well-known/jwks.json */
export function jwks(app: App): Reply {
  const keys = app.keys.signingKeys.filter((key) => key.kty !== 'oct').map((key) => sortKeys(publicJwk(key)));
  return json({ keys }, 200, PUBLIC);
}

/** GET /.well-known/openid-configuration and oauth-authorization-server (RFC 8414). */
export function discovery(ctx: Context): Reply {
  const base = issuer(ctx).replace(/\/+$/, '');
  const { enabled, dynamicRegistration } = ctx.settings.oauthServer;
  const registration = enabled && dynamicRegistration;
  const metadata = {
    issuer: issuer(ctx),
    authorization_endpoint: `${base}/oauth/authorize`,
    token_endpoint: `${base}/oauth/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    userinfo_endpoint: `${base}/oauth/userinfo`,
    ...(registration ? { registration_endpoint: `${base}/oauth/clients/register` } : {}),
    scopes_supported: ['openid', 'profile', 'email', 'phone', 'offline_access'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256', 'ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    claims_supported: [
      'sub',
      'aud',
      'iss',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'email',
      'email_verified',
      'phone_number',
      'phone_number_verified',
      'name',
      'picture',
      'preferred_username',
      'updated_at',
    ],
    code_challenge_methods_supported: ['S256', 'plain'],
  };
  return json(metadata, 200, PUBLIC);
}
