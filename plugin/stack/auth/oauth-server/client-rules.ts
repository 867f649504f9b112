import { invalid } from '../errors.ts';
import { parseGoUrl } from '../http/go-url.ts';

// GoTrue v2.196 internal/api/oauthserver/service.go

/** A registration; everything but `redirect_uris` has a default. */
export interface ClientRegistration {
  readonly redirect_uris: readonly string[] | undefined;
  readonly client_type: string;
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[] | undefined;
  readonly client_name: string;
  readonly client_uri: string;
  readonly logo_uri: string;
}

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

export function checkRedirectUris(uris: readonly string[]): void {
  if (uris.length === 0) throw invalid('redirect_uris is required');
  if (uris.length > 10) throw invalid('redirect_uris cannot exceed 10 items');
  for (const uri of uris) {
    const problem = redirectUriProblem(uri);
    if (problem) throw invalid(`invalid redirect_uri '${uri}': ${problem}`);
  }
}

export function checkGrantTypes(grants: readonly string[]): void {
  if (grants.length === 0) throw invalid('grant_types cannot be empty');
  if (grants.some((grant) => grant !== 'authorization_code' && grant !== 'refresh_token')) {
    throw invalid("grant_types must only contain 'authorization_code' and/or 'refresh_token'");
  }
}

export function checkClientDetails(params: {
  readonly client_name: string;
  readonly client_uri: string;
  readonly logo_uri: string;
}): void {
  if (params.client_name.length > 1024) throw invalid('client_name cannot exceed 1024 characters');
  for (const name of ['client_uri', 'logo_uri'] as const) {
    if (params[name].length > 2048) throw invalid(`${name} cannot exceed 2048 characters`);
    if (params[name] !== '' && !URL.canParse(params[name])) throw invalid(`${name} must be a valid URL`);
  }
}

const DANGEROUS = new Set(['javascript', 'data', 'file', 'vbscript', 'about', 'blob']);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

function redirectUriProblem(uri: string): string | undefined {
  if (uri === '') return 'redirect URI cannot be empty';
  const url = parseGoUrl(uri);
  // The table separates the addresses by commas.
  if (!url || uri.includes(',')) return 'invalid URL format';
  if (url.scheme === '' || url.hostname === '') return 'must have scheme and host';
  if (DANGEROUS.has(url.scheme)) return `scheme '${url.scheme}' is not allowed for security reasons`;
  if (url.scheme === 'http' && !LOOPBACK.has(url.hostname)) return 'HTTP scheme only allowed for localhost';
  return url.fragment === '' ? undefined : 'fragment not allowed in redirect URI';
}

/** The type, or the one that the authentication method implies. @throws AuthError 400 when they contradict */
export function chooseClientType(params: ClientRegistration): 'public' | 'confidential' {
  const { client_type: type, token_endpoint_auth_method: method } = params;
  if (type !== '' && type !== 'public' && type !== 'confidential') {
    throw invalid("client_type must be 'public' or 'confidential'");
  }
  if (method !== '' && !AUTH_METHODS.includes(method)) {
    throw invalid(`token_endpoint_auth_method must be one of: [${AUTH_METHODS.join(' ')}]`);
  }
  const inferred = method === 'none' ? 'public' : 'confidential';
  if (type !== '' && method !== '' && type !== inferred) {
    throw invalid(
      `client_type '${type}' is inconsistent with token_endpoint_auth_method '${method}' (expected client_type '${inferred}')`,
    );
  }
  return type === '' ? inferred : type;
}
