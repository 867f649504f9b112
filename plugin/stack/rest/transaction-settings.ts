import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseCookies } from 'cookie';
import type { AuthResult } from './authenticate.ts';
import type { ApiRequest } from './parse/api-request.ts';
import type { Routine } from './schema-cache/types.ts';
import type { RoleSettings } from './settings/role-settings.ts';
import type { RestSettings } from './settings/settings.ts';
import type { TransactionSetting } from './sql/settings-statement.ts';
import { quoteIdentifier } from './sql/quote.ts';

// PostgREST v16 src/library/PostgREST/Query/PreQuery.hs

/**
 * The settings that a request's transaction begins with. The settings of the role precede the role itself: the login
 * role may set some that the request's role may not.
 */
export function transactionSettings(
  request: ApiRequest,
  auth: AuthResult,
  settings: RestSettings,
  { role, routine }: { role: RoleSettings | undefined; routine: Routine | undefined },
): TransactionSetting[] {
  const searchPath = [request.schema, ...settings.extraSearchPath].map(quoteIdentifier).join(', ');
  const { timezone } = request.preferences;
  return [
    ['search_path', searchPath],
    ...(role?.settings ?? []),
    ['role', auth.role],
    ['request.jwt.claims', auth.claimsJson],
    ['request.method', request.method],
    ['request.path', request.path],
    ['request.headers', headersJson(request.headers)],
    ['request.cookies', cookiesJson(request.headers.cookie)],
    ...(timezone === undefined ? [] : [['timezone', timezone] as const]),
    ...(routine?.settings ?? []),
    ...settings.appSettings,
  ];
}

function headersJson(headers: IncomingHttpHeaders): string {
  const shown: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (name === 'cookie' || value === undefined) continue;
    shown[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return JSON.stringify(shown);
}

function cookiesJson(cookie: string | undefined): string {
  return cookie === undefined ? '{}' : JSON.stringify(parseCookies(cookie));
}
