import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseCookies } from 'cookie';
import type { Caller } from './authenticate.ts';
import type { ApiRequest } from './parse/api-request.ts';
import type { Routine } from './schema-cache/types.ts';
import type { RoleSettings } from './settings/role-settings.ts';
import type { RestSettings } from './settings/settings.ts';
import type { TransactionSetting } from './sql/settings-statement.ts';
import { quoteName } from './sql/writer.ts';

/**
 * The settings that a request's transaction begins with. As PostgREST: the role's own come before the role, so that what
 * the login role may set takes effect for the roles that it becomes.
 */
export function transactionSettings(
  request: ApiRequest,
  caller: Caller,
  settings: RestSettings,
  role: RoleSettings | undefined,
  routine: Routine | undefined,
): TransactionSetting[] {
  const searchPath = [request.schema, ...settings.extraSearchPath].map(quoteName).join(', ');
  const { timezone } = request.preferences;
  return [
    ['search_path', searchPath],
    ...(role?.settings ?? []),
    ['role', caller.role],
    ['request.jwt.claims', caller.claimsJson],
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
