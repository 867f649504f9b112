import type { JsonObject } from '../../shared/json.ts';
import { decodeJwt } from '../../shared/jwt.ts';
import type { DatabaseCaller, RestObservation } from '../../shared/observations.ts';
import type { CallerSettings } from './explain-database.ts';

const SEARCH_PATH = 'public, extensions';

/** The settings with which a request ran; those of its role and claims where it did not reach the database. */
export function settingsOfRequest({ transaction, caller }: RestObservation): CallerSettings {
  const params = transaction?.before[0]?.params;
  if (!params) return caller ? settingsOfCaller(caller) : [];
  const settings: [string, string][] = [];
  for (let at = 0; at + 1 < params.length; at += 2)
    settings.push([String(params[at]), String(params[at + 1])]);
  return settings;
}

/** The settings of a role with claims, as Realtime and Storage set them. */
export function settingsOfCaller({ role, claims }: DatabaseCaller): CallerSettings {
  return [
    ['search_path', SEARCH_PATH],
    ['role', role],
    ['request.jwt.claims', JSON.stringify(claims)],
  ];
}

/** The same settings without the role: as `postgres`, who reads every row. */
export function withoutPolicies(settings: CallerSettings): CallerSettings {
  return settings.filter(([name]) => name !== 'role');
}

/** Whom a token names; `anon` without a role. */
export function callerOf(token: string | undefined): DatabaseCaller {
  const claims = decodeJwt(token ?? '')?.claims ?? {};
  return { role: typeof claims.role === 'string' ? claims.role : 'anon', claims };
}

/** Who asks, for people: `anon`, or `authenticated (anna@example.com)`. */
export function nameCaller({ role, claims }: DatabaseCaller): string {
  const who = firstText(claims.email, claims.sub);
  return who === undefined ? role : `${role} (${who})`;
}

/** Whose token it is, for people: the user, or the role of a token without one. */
export function nameOwner({ email, sub, role }: JsonObject): string {
  return firstText(email, sub, role) ?? 'an unnamed user';
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value) => typeof value === 'string' && value !== '') as string | undefined;
}
