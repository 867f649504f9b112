import { createHash } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { decodeJwt } from '../../../shared/jwt.ts';
import type { App } from '../app.ts';
import { badRequest, internal, invalid, OAuthError } from '../errors.ts';
import type { ExternalProvider } from '../settings/external.ts';
import { isAzureEmailVerified, profileOf, singleEmail, type ProviderProfile } from './profile.ts';
import { isObject } from '../../../shared/json.ts';

// GoTrue v2.196 internal/api/token_oidc.go, internal/api/provider/oidc.go

const TIMEOUT_MS = 10_000;
// Algorithms of public keys only: HS256 and "none" prove nothing here.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'];

const ISSUERS: ReadonlyMap<string, string> = new Map([
  ['google', 'https://accounts.google.com'],
  ['facebook', 'https://www.facebook.com'],
  ['kakao', 'https://kauth.kakao.com'],
  ['snapchat', 'https://accounts.snapchat.com'],
  ['vercel_marketplace', 'https://marketplace.vercel.com'],
]);
const APPLE_ISSUERS = new Set(['https://appleid.apple.com', 'https://account.apple.com']);
// The whole address, because the keys are fetched from below it.
const AZURE_ISSUER =
  /^https:\/\/(?:login\.microsoftonline\.com\/[^/?#\\]+\/v2\.0|[a-z\d-]+\.ciamlogin\.com\/[^/?#\\]+\/v2\.0|sts\.windows\.net\/[^/?#\\]+)\/?$/;

/** The provider that must have issued the token. */
export interface IdTokenProvider {
  readonly name: string;
  readonly issuer: string;
  readonly settings: ExternalProvider;
}

/** The parameters of a sign-in by id_token; '' for those that were not sent. */
interface IdTokenParams {
  readonly provider: string;
  readonly issuer: string;
  readonly id_token: string;
  readonly access_token: string;
  readonly nonce: string;
}

/** The enabled provider that the parameters name. @throws AuthError 400 */
export function findIdTokenProvider(app: App, params: IdTokenParams): IdTokenProvider {
  const { provider, issuer, id_token: token } = params;
  const keycloakUrl = app.settings.external.get('keycloak')?.url ?? '';
  const name =
    provider === 'apple' || APPLE_ISSUERS.has(issuer)
      ? 'apple'
      : provider === 'azure' || AZURE_ISSUER.test(issuer)
        ? 'azure'
        : provider === 'keycloak' || (keycloakUrl !== '' && issuer === keycloakUrl)
          ? 'keycloak'
          : ISSUERS.has(provider)
            ? provider
            : [...ISSUERS.keys()].find((known) => ISSUERS.get(known) === issuer);
  if (name === undefined) throw invalid(`Custom OIDC provider "${provider}" not allowed`);
  const expected = expectedIssuer(name, issuer, token, keycloakUrl);
  const settings = app.settings.external.get(name);
  if (!settings) throw badRequest('provider_disabled', `Provider (issuer "${expected}") is not enabled`);
  return { name, issuer: expected, settings };
}

function expectedIssuer(name: string, issuer: string, token: string, keycloakUrl: string): string {
  if (name === 'keycloak') return keycloakUrl;
  const known = ISSUERS.get(name);
  if (known !== undefined) return known;
  // Apple and Azure have several issuers: the token names the one to verify it with.
  const label = name === 'apple' ? 'Apple' : 'Azure';
  const claimed = readIssuer(token);
  if (claimed === undefined) throw invalid(`Unable to detect issuer in ID token for ${label} provider`);
  const isTheirs = name === 'apple' ? APPLE_ISSUERS.has(claimed) : AZURE_ISSUER.test(claimed);
  if (!isTheirs) throw invalid(`Detected ID token issuer is not an ${label} ID token issuer`);
  if (issuer !== '' && issuer !== claimed) throw invalid('Provided issuer does not match ID token issuer');
  return claimed;
}

function readIssuer(token: string): string | undefined {
  const issuer = decodeJwt(token)?.claims.iss;
  return typeof issuer === 'string' ? issuer : undefined;
}

/** Verifies signature, issuer, time, audience, nonce and `at_hash`. @throws OAuthError */
export async function verifyIdToken(
  provider: IdTokenProvider,
  { id_token: token, nonce, access_token: accessToken }: IdTokenParams,
): Promise<ProviderProfile> {
  const keys = await keysOf(provider.issuer);
  const verified = await jwtVerify(token, keys, { issuer: provider.issuer, algorithms: ALGORITHMS }).catch(
    () => undefined,
  );
  const claims = verified?.payload;
  if (!claims || !matchesAccessToken(claims, verified.protectedHeader.alg, accessToken)) {
    throw new OAuthError('invalid request', 'Bad ID token');
  }
  if (!claims.sub) throw new OAuthError('invalid request', 'Missing sub claim in id_token');
  const audiences = [claims.aud ?? []].flat();
  const accepted = provider.settings.clientId.split(',').filter(Boolean);
  if (!accepted.some((id) => audiences.includes(id.trim()))) {
    const list = audiences.join(' ');
    throw new OAuthError('invalid request', `Unacceptable audience in id_token: [${list}]`);
  }
  // Facebook's limited login has no nonce that could be compared.
  if (!provider.settings.skipNonceCheck && provider.name !== 'facebook') checkNonce(claims.nonce, nonce);
  return readClaims(provider.name, claims);
}

function checkNonce(claimed: unknown, given: string): void {
  const expected = typeof claimed === 'string' ? claimed : '';
  if ((expected === '') !== (given === '')) {
    throw new OAuthError(
      'invalid request',
      'Passed nonce and nonce in id_token should either both exist or not.',
    );
  }
  if (given !== '' && createHash('sha256').update(given).digest('hex') !== expected) {
    throw new OAuthError('invalid nonce', 'Nonces mismatch');
  }
}

/** Whether `at_hash` belongs to the access token (OpenID Connect 3.1.3.8); true when either is missing. */
function matchesAccessToken(claims: JWTPayload, algorithm: string, accessToken: string): boolean {
  if (accessToken === '' || typeof claims.at_hash !== 'string' || claims.at_hash === '') return true;
  const bits = /(?:256|384|512)$/.exec(algorithm)?.[0] ?? '512';
  const digest = createHash(`sha${bits}`).update(accessToken).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url') === claims.at_hash;
}

function readClaims(provider: string, claims: JWTPayload): ProviderProfile {
  const text = (name: string): string => (typeof claims[name] === 'string' ? claims[name] : '');
  // These providers put only verified addresses into their tokens.
  const alwaysVerified = provider === 'apple' || provider === 'facebook' || provider === 'kakao';
  const isVerified =
    provider === 'azure'
      ? isAzureEmailVerified(claims)
      : alwaysVerified || claims.email_verified === true || claims.email_verified === 'true';
  const extra = {
    preferred_username: text('preferred_username') || (provider === 'kakao' ? text('nickname') : ''),
    ...(provider === 'google' && text('hd') !== '' ? { custom_claims: { hd: text('hd') } } : {}),
    ...(provider === 'apple' ? appleClaims(claims) : {}),
  };
  return profileOf({
    issuer: claims.iss ?? '',
    sub: claims.sub ?? '',
    name: text('name') || text('nickname'),
    picture: text('picture'),
    emails: singleEmail(claims.email, isVerified),
    extra,
  });
}

function appleClaims(claims: JWTPayload): Record<string, unknown> {
  const names = ['is_private_email', 'auth_time', 'transfer_sub'];
  const custom = Object.fromEntries(
    names.map((name) => [name, claims[name]]).filter(([, value]) => value !== undefined),
  );
  return Object.keys(custom).length === 0 ? {} : { custom_claims: custom };
}

// Azure has an issuer for each tenant, which the token names.
const keySets = new LRUCache<string, Promise<JWTVerifyGetKey>>({ max: 100 });

/** The provider's keys, found through its discovery document and cached. */
function keysOf(issuer: string): Promise<JWTVerifyGetKey> {
  const known = keySets.get(issuer);
  if (known) return known;
  const keys = discoverKeys(issuer);
  keySets.set(issuer, keys);
  // A failure may be the network's: the next sign-in tries again.
  keys.catch(() => keySets.delete(issuer));
  return keys;
}

async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  try {
    const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const document: unknown = await response.json();
    if (!response.ok || !isObject(document) || typeof document.jwks_uri !== 'string') {
      throw new Error(`the discovery document of ${issuer} is not one`);
    }
    return createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: TIMEOUT_MS });
  } catch (error) {
    throw internal('Could not load the keys of the OpenID provider', error);
  }
}
