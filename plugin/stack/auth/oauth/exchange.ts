import { decodeJwt } from '../../../shared/jwt.ts';
import { internal } from '../errors.ts';
import type { ProviderProfile } from './profile.ts';
import type { ProviderDefinition } from './providers.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';

const TIMEOUT_MS = 10_000;

/** The result of a sign-in at a provider. */
export interface ProviderSignIn {
  readonly profile: ProviderProfile;
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface CodeExchange {
  readonly clientId: string;
  readonly secret: string;
  readonly code: string;
  readonly redirectUri: string;
  /** For providers that require PKCE from their clients. */
  readonly codeVerifier: string | undefined;
}

/** Exchanges the code at a real provider and fetches the person's profile. @throws AuthError 500 */
export async function exchangeCode(
  provider: ProviderDefinition,
  request: CodeExchange,
): Promise<ProviderSignIn> {
  const tokens = await requestTokens(provider, request).catch((error: unknown) => {
    throw internal(`Unable to exchange external code: ${request.code.slice(0, 4)}`, error);
  });
  const accessToken = typeof tokens.access_token === 'string' ? tokens.access_token : '';
  try {
    const answers: unknown[] = [];
    for (const url of provider.userUrls) answers.push(await getJson(url, accessToken));
    const profile = provider.read(answers, idTokenClaims(tokens.id_token));
    if (profile.metadata.sub === '') throw new Error('the provider gave no id');
    const refreshToken = typeof tokens.refresh_token === 'string' ? tokens.refresh_token : '';
    return { profile, accessToken, refreshToken };
  } catch (error) {
    throw internal('Error getting user profile from external provider', error);
  }
}

async function requestTokens(provider: ProviderDefinition, request: CodeExchange): Promise<JsonObject> {
  const { clientId, secret, code, redirectUri, codeVerifier } = request;
  const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
  if (codeVerifier !== undefined) form.set('code_verifier', codeVerifier);
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (provider.basicAuth) {
    headers.Authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  } else {
    form.set('client_id', clientId);
    form.set('client_secret', secret);
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(provider.tokenUrl, { method: 'POST', headers, body: form, signal });
  const body: unknown = await response.json();
  if (!response.ok || !isObject(body) || typeof body.access_token !== 'string') {
    throw new Error(`the token endpoint answered ${response.status}`);
  }
  return body;
}

async function getJson(url: string, accessToken: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${accessToken}`, Accept: 'application/json' };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return response.json();
}

/** An id_token that comes over TLS from the token endpoint needs no check of its signature (OpenID Connect 3.1.3.7). */
function idTokenClaims(token: unknown): JsonObject {
  return (typeof token === 'string' && decodeJwt(token)?.claims) || {};
}
