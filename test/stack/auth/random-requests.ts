import type { OutgoingHttpHeaders } from 'node:http';
import type { Random } from '../../helpers/random.ts';

/** What a client may know of the stack that it attacks. */
export interface Known {
  /** Tokens for `Authorization: Bearer`. */
  readonly tokens: readonly string[];
  /** Values that are worth repeating: addresses, ids, codes. */
  readonly values: readonly string[];
}

export interface RandomRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** Every route with the method that it has; `:id` is replaced. */
const ROUTES = [
  'GET /health',
  'GET /settings',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'POST /signup',
  'POST /recover',
  'POST /resend',
  'POST /magiclink',
  'POST /otp',
  'POST /token?grant_type=password',
  'POST /token?grant_type=refresh_token',
  'POST /token?grant_type=pkce',
  'POST /token?grant_type=id_token',
  'POST /token?grant_type=web3',
  'POST /token',
  'GET /verify',
  'POST /verify',
  'POST /logout',
  'GET /reauthenticate',
  'GET /user',
  'PUT /user',
  'GET /user/identities/authorize',
  'DELETE /user/identities/:id',
  'GET /user/oauth/grants',
  'DELETE /user/oauth/grants',
  'POST /factors',
  'POST /factors/:id/verify',
  'POST /factors/:id/challenge',
  'DELETE /factors/:id',
  'POST /invite',
  'GET /admin/audit',
  'POST /admin/generate_link',
  'GET /admin/users',
  'POST /admin/users',
  'GET /admin/users/:id',
  'PUT /admin/users/:id',
  'DELETE /admin/users/:id',
  'GET /admin/users/:id/factors',
  'PUT /admin/users/:id/factors/:id',
  'DELETE /admin/users/:id/factors/:id',
  'GET /admin/users/:id/passkeys',
  'DELETE /admin/users/:id/passkeys/:id',
  'GET /admin/sso/providers',
  'GET /admin/custom-providers',
  'GET /admin/oauth/clients',
  'POST /admin/oauth/clients',
  'GET /admin/oauth/clients/:id',
  'PUT /admin/oauth/clients/:id',
  'DELETE /admin/oauth/clients/:id',
  'POST /admin/oauth/clients/:id/regenerate_secret',
  'GET /authorize',
  'GET /callback',
  'POST /callback',
  'GET /dev/consent',
  'POST /dev/consent',
  'POST /passkeys/authentication/options',
  'POST /passkeys/authentication/verify',
  'POST /passkeys/registration/options',
  'POST /passkeys/registration/verify',
  'GET /passkeys',
  'PATCH /passkeys/:id',
  'DELETE /passkeys/:id',
  'POST /sso',
  'POST /oauth/clients/register',
  'POST /oauth/token',
  'GET /oauth/userinfo',
  'GET /oauth/authorize',
  'GET /oauth/authorizations/:id',
  'POST /oauth/authorizations/:id/consent',
];

/** Every field and parameter that some route reads. */
const FIELDS = (
  'email phone password data channel code_challenge code_challenge_method type token token_hash redirect_to nonce ' +
  'current_password app_metadata user_metadata create_user new_email refresh_token auth_code code_verifier id_token ' +
  'access_token provider client_id issuer link_identity factor_type friendly_name challenge_id code webauthn role aud id ' +
  'password_hash email_confirm phone_confirm ban_duration should_soft_delete redirect_uris client_type grant_types ' +
  'token_endpoint_auth_method client_name client_uri logo_uri credential action state error error_description deny name ' +
  'redirect_uri scope scopes response_type resource invite_token skip_http_redirect page per_page sort filter query ' +
  'grant_type client_secret gotrue_meta_security __proto__ constructor'
).split(' ');

const WORDS = [
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  'true',
  'null',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'signup',
  'recovery',
  'magiclink',
  'invite',
  'email',
  'email_change',
  'email_change_new',
  'email_change_current',
  'sms',
  'phone_change',
  'password',
  'authorization_code',
  'refresh_token',
  'totp',
  'phone',
  'webauthn',
  'github',
  'keycloak',
  'apple',
  'azure',
  'approve',
  'deny',
  'public',
  'none',
  's256',
  'plain',
  'openid email',
  '9223372036854775807',
  '99999999999999999999',
  '2540400h10m10s',
  '99999999999999999h',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '+4915112345678',
  'ann@example.com',
  'ann@example.com\r\nBcc: x@example.com',
  '"a b"@example.com',
  'ünï@example.com',
  'a\u0000b',
  '\u0000',
  '\ud800',
  '\udc00x',
  '😀',
  '\ufeff{}',
  '\r\nSet-Cookie: a=b',
  '%00',
  '%zz',
  '../../etc/passwd',
  "'; drop table auth.users; --",
  '<script>alert(1)</script>',
  '{{ .Data }}',
  'http://127.0.0.1:3000/😀',
  'http://127.0.0.1:3000/%zz',
  'http://127.0.0.1:3000\\@evil.example/',
  'http://user:pass@127.0.0.1:3000/',
  'javascript:alert(1)',
  'HTTP://LOCALHOST:3000/x',
  'app://callback',
  '$2a$10$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=99999999999,t=1,p=1$YWJj$YWJj',
  'x'.repeat(43),
  'x'.repeat(300),
  'é'.repeat(100),
  'created_at desc',
  'author:x',
  'constructor:x',
];

/** A request to a random route, mostly with its own method and mostly with fields that it may read. */
export function randomRequest(random: Random, known: Known): RandomRequest {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (probability: number): boolean => random() < probability;
  const word = (): string => (chance(0.3) ? pick(known.values) : pick(WORDS));
  const value = (depth = 0): unknown => {
    if (chance(0.7)) return word();
    if (chance(0.3)) return pick([null, true, false, 0, -1, 1.5, 1e300, [], {}]);
    if (depth > 3) return 1;
    return chance(0.5)
      ? Array.from({ length: 3 }, () => value(depth + 1))
      : Object.fromEntries(Array.from({ length: 3 }, () => [pick([...FIELDS, ...WORDS]), value(depth + 1)]));
  };
  const some = (most: number): string[] =>
    Array.from({ length: Math.floor(random() * most) }, () => pick(FIELDS));

  const [ownMethod = 'GET', template = '/'] = pick(ROUTES).split(' ');
  const method = chance(0.95) ? ownMethod : pick(METHODS);
  const query = some(6)
    .map((name) => `${name}=${chance(0.9) ? encode(word()) : pick(['%', '%zz', '%00', '%ff', '&', '+'])}`)
    .join('&');
  const target = template.replaceAll(':id', () =>
    chance(0.7) ? encode(pick(known.values)) : encode(word() || 'x'),
  );
  const path = query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`;

  const headers: OutgoingHttpHeaders = { apikey: 'x' };
  if (chance(0.8)) headers.authorization = `Bearer ${pick(known.tokens)}`;
  else if (chance(0.2))
    headers.authorization = pick(['', 'Bearer', 'Bearer ', 'Basic %%%', 'Basic eDp5', 'bearer x.y.z']);
  if (chance(0.1)) headers['x-supabase-api-version'] = pick(['2024-01-01', '9999-99-99', 'x', '2023-01-01']);
  if (chance(0.1)) headers.redirect_to = headerText(word());
  if (chance(0.1)) headers.referer = headerText(word());
  if (chance(0.05)) headers['x-jwt-aud'] = pick(['x', 'constructor', 'authenticated']);
  if (chance(0.05)) headers.origin = pick(['null', 'http://localhost:3000', 'http://evil.example', 'x']);
  if (method === 'GET' || method === 'HEAD') return { method, path, headers, body: '' };

  const fields = Object.fromEntries([...some(8), ...some(3)].map((name) => [name, value()]));
  const kind = random();
  if (kind < 0.75) {
    headers['content-type'] = 'application/json';
    return { method, path, headers, body: JSON.stringify(fields) };
  }
  if (kind < 0.9) {
    headers['content-type'] = pick([
      'application/x-www-form-urlencoded',
      'APPLICATION/X-WWW-FORM-URLENCODED; charset=x',
    ]);
    const body = Object.entries(fields).map(([name, text]) => `${name}=${encode(JSON.stringify(text))}`);
    return { method, path, headers, body: body.join('&') };
  }
  headers['content-type'] = pick([
    'application/json',
    'text/plain',
    'multipart/form-data',
    '',
    'application/json, x',
  ]);
  return { method, path, headers, body: pick(BODIES) };
}

const BODIES = [
  '',
  'null',
  '[]',
  '1',
  '"x"',
  '{',
  '{"email":',
  '{"email":"\\ud800"}',
  '{"data":{"\\ud800":"\\udc00","a":"\\u0000"},"email":"b@example.com","password":"correct-horse"}',
  '{"__proto__":{"email":"a@example.com"}}',
  '['.repeat(20_000),
  `{"data":${'['.repeat(6000)}${']'.repeat(6000)},"email":"c@example.com","password":"correct-horse"}`,
  `{"data":${'{"a":'.repeat(6000)}1${'}'.repeat(6000)}}`,
  `{"data":${'['.repeat(900)}${']'.repeat(900)},"email":"deep@example.com","password":"correct-horse"}`,
  `{"email":"${'x'.repeat(100_000)}"}`,
  '\ufeff{}',
];

/** Percent-encoded UTF-8, as a client would send any text. */
function encode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
}

/** What Node lets a client put into a header. */
function headerText(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e\u0080-\u00ff]/g, '');
}
