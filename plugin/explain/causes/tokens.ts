import { decodeJwt } from '../../shared/jwt.ts';
import type { Explanation } from '../explanation.ts';
import { nameOwner } from '../facts/caller.ts';

/** A refused token. */
export interface TokenFacts {
  readonly token: string | undefined;
  /** The service's reason. */
  readonly reason: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Why a token was refused: by REST, Realtime, Storage, functions or Auth. */
export function explainToken({ token, reason, now }: TokenFacts, service: string): Explanation {
  const base = { level: 'problem' as const };
  if (token === undefined || token === '') {
    return {
      ...base,
      kind: 'token-missing',
      subject: service,
      cause: `${service} got no token: ${reason}.`,
      cure: 'Create the client with the publishable key.',
      code: 'createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY)',
    };
  }
  const claims = decodeJwt(token)?.claims;
  if (!claims) {
    return {
      ...base,
      kind: 'token-unreadable',
      subject: service,
      cause: `${service} got something that is not a JWT ("${shorten(token)}"): ${reason}.`,
      cure: 'Send the access token of the session, session.access_token, and not the whole session or an API key.',
    };
  }
  const who = nameOwner(claims);
  const { exp, nbf, iat } = claims;
  if (typeof exp === 'number' && exp <= now) {
    return {
      ...base,
      kind: 'token-expired',
      subject: service,
      cause: `The token of ${who} expired at ${time(exp)}, ${ago(now - exp)} before ${service} received it at ${time(now)}.`,
      cure: 'Let the client refresh its session (autoRefreshToken), or sign in again.',
      code: 'await supabase.auth.refreshSession()',
    };
  }
  const notBefore = [nbf, iat].find((value): value is number => typeof value === 'number' && value > now);
  if (notBefore !== undefined) {
    return {
      ...base,
      kind: 'token-early',
      subject: service,
      cause: `The token of ${who} is valid from ${time(notBefore)} on, and ${service}'s clock says ${time(now)}.`,
      cure: 'Set the clocks of both machines.',
    };
  }
  if (typeof claims.role !== 'string' || typeof exp !== 'number') {
    return {
      ...base,
      kind: 'token-claims',
      subject: service,
      cause: `The token of ${who} lacks ${typeof claims.role === 'string' ? 'exp' : 'role'}: ${reason}.`,
      cure: 'Sign it with the claims role, sub and exp.',
    };
  }
  return {
    ...base,
    kind: 'token-foreign',
    subject: service,
    cause: `The token of ${who} was signed with a key that this stack does not have${issuer(claims.iss)}: ${reason}.`,
    cure: 'Sign out and in again: the session is of another project or of an earlier database.',
    code: "await supabase.auth.signOut({ scope: 'local' })",
  };
}

/** Whether a reason of Realtime, Storage or Auth is about the token. */
export function isAboutToken(reason: string): boolean {
  return /jwt|token|signature|expired|claim/i.test(reason) && !/permission/i.test(reason);
}

function issuer(iss: unknown): string {
  return typeof iss === 'string' ? ` (issuer ${iss})` : '';
}

function time(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? String(seconds)
    : date.toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
}

function ago(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

function shorten(text: string): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length > 16 ? `${printable.slice(0, 12)}…` : printable;
}
