import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { AuthError, OAuthError } from '../errors.ts';
import { escapeHtml } from '../html.ts';

/** The answer of a handler. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

// GoTrue v2.196 internal/api/errors.go, apiversions.go

const JSON_TYPE = { 'Content-Type': 'application/json' };

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

export const noContent: Reply = { status: 204 };

export const pageNotFound: Reply = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

export function methodNotAllowed(allowed: readonly string[]): Reply {
  return { status: 405, headers: { Allow: allowed.join(', ') } };
}

const REDIRECT_TEXT: Readonly<Record<number, string>> = { 302: 'Found', 303: 'See Other' };

/** A redirect with the small page that Go's `http.Redirect` adds to the answer of a GET. */
export function redirect(location: string, status: 302 | 303, method: string): Reply {
  const target = encodeNonPrintable(location);
  if (method !== 'GET') return { status, headers: { Location: target } };
  return {
    status,
    headers: { Location: target, 'Content-Type': 'text/html; charset=utf-8' },
    body: `<a href="${escapeHtml(target)}">${REDIRECT_TEXT[status]}</a>.\n\n`,
  };
}

/** Percent-encodes all but printable ASCII, byte by byte: a header can hold nothing else. */
function encodeNonPrintable(text: string): string {
  return text.replaceAll(/[^\u0021-\u007e]+/g, (found) =>
    Array.from(Buffer.from(found), (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  );
}

const NEW_FORMAT_SINCE = Date.UTC(2024, 0, 1);

/** Whether `X-Supabase-Api-Version` asks for the errors of 2024-01-01; a malformed version does not. */
function wantsNewErrors(version: string | undefined): boolean {
  if (version === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(version)) return false;
  return Date.parse(`${version}T00:00:00Z`) >= NEW_FORMAT_SINCE;
}

/** An error in the format that the client asked for. */
export function errorReply(error: unknown, apiVersion: string | undefined): Reply {
  if (error instanceof OAuthError) {
    return json({ error: error.error, error_description: error.message }, 400);
  }
  const known =
    error instanceof AuthError
      ? error
      : new AuthError(
          500,
          'unexpected_failure',
          'Unexpected failure, please check server logs for more information',
        );
  const isNew = wantsNewErrors(apiVersion);
  const headers: Record<string, string> = isNew ? { 'X-Supabase-Api-Version': '2024-01-01' } : {};
  // GoTrue omits the header in this one case.
  if (!(isNew && known.weakPassword)) headers['x-sb-error-code'] = known.code;
  const weak = known.weakPassword ? { weak_password: { reasons: known.weakPassword.reasons } } : {};
  if (isNew) return json({ code: known.code, message: known.message, ...weak }, known.status, headers);
  const postgres = publicPostgresError(known.cause);
  if (postgres) return json(postgres.body, postgres.status, headers);
  const body = { code: known.status, error_code: known.code, msg: known.message };
  const id = known === error && known.status >= 500 ? { error_id: randomUUID() } : {};
  return json({ ...body, ...id, ...weak }, known.status, headers);
}

// raise_exception and the integrity violations: errors of the user's own triggers and constraints.
const PUBLIC_STATES = new Set(['P0001', '23000', '23001', '23502', '23503', '23505', '23514', '23P01']);

/** GoTrue v2.196 internal/utilities/postgres.go: `PT404` names the status, as for PostgREST. */
function publicPostgresError(cause: unknown): { status: number; body: Record<string, string> } | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  const { code, hint, detail } = cause as Error & { code: unknown; hint?: string; detail?: string };
  if (typeof code !== 'string') return undefined;
  const named = /^PT([2-5]\d\d)$/.exec(code)?.[1];
  if (named === undefined && !PUBLIC_STATES.has(code)) return undefined;
  const body = { code, message: cause.message, ...(hint ? { hint } : {}), ...(detail ? { detail } : {}) };
  return { status: named === undefined ? 500 : Number(named), body };
}

export function send(res: ServerResponse, reply: Reply, extra: Readonly<Record<string, string>>): void {
  const body = reply.body ?? '';
  res.writeHead(reply.status, {
    ...extra,
    ...reply.headers,
    ...(reply.status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  });
  res.end(body);
}
