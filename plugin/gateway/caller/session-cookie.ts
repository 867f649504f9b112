const SESSION_COOKIE = /^(sb-(.+)-auth-token)(?:\.(\d+))?$/;
const BASE64_PREFIX = 'base64-';

/**
 * The access tokens of the Supabase sessions in a Cookie header, those of this host's own name first.
 *
 * Reads what `@supabase/ssr` and its predecessors write: `sb-<ref>-auth-token`, whole or in chunks `.0`, `.1`, …;
 * plain JSON, URL-encoded or `base64-` and base64url; a session object, or the older array whose first entry is
 * the access token. What cannot be read is skipped: all ports of a host share its cookies, so sessions of other
 * projects are normal here.
 *
 * @param hostname of the request; supabase-js names the cookie after its first label
 */
export function readSessionTokens(cookie: string | undefined, hostname: string): readonly string[] {
  if (cookie === undefined || !cookie.includes('-auth-token')) return [];
  if (cookie === last.cookie && hostname === last.hostname) return last.tokens;
  const tokens = parseSessionTokens(cookie, hostname);
  last = { cookie, hostname, tokens };
  return tokens;
}

/** The last cookie: a browser sends the same kilobytes with every request until its token is refreshed. */
let last: { cookie: string; hostname: string; tokens: readonly string[] } = {
  cookie: '',
  hostname: '',
  tokens: [],
};

function parseSessionTokens(cookie: string, hostname: string): readonly string[] {
  const sessions = collectCookies(cookie);
  const ownRef = hostname.split('.', 1)[0];
  const ordered = [...sessions.values()].toSorted(
    (a, b) => Number(b.ref === ownRef) - Number(a.ref === ownRef),
  );
  return ordered.flatMap((session) => readAccessToken(joinChunks(session)) ?? []);
}

interface SessionCookie {
  readonly ref: string;
  whole?: string;
  readonly chunks: Map<number, string>;
}

function collectCookies(header: string): Map<string, SessionCookie> {
  const sessions = new Map<string, SessionCookie>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const match = equals === -1 ? null : SESSION_COOKIE.exec(pair.slice(0, equals).trim());
    if (!match) continue;
    const [, name = '', ref = '', index] = match;
    let session = sessions.get(name);
    if (!session) sessions.set(name, (session = { ref, chunks: new Map() }));
    const value = unquote(pair.slice(equals + 1).trim());
    // Browsers send cookies of the same name with the longest path, the most specific one, first.
    if (index === undefined) session.whole ??= value;
    else if (!session.chunks.has(Number(index))) session.chunks.set(Number(index), value);
  }
  return sessions;
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** As `@supabase/ssr` does: the whole cookie wins; chunks count from 0 to the first gap (old chunks may follow it). */
function joinChunks(session: SessionCookie): string {
  if (session.whole) return session.whole;
  let joined = '';
  for (let index = 0; ; index++) {
    const chunk = session.chunks.get(index);
    if (chunk === undefined) return joined;
    joined += chunk;
  }
}

function readAccessToken(value: string): string | undefined {
  try {
    const decoded = value.includes('%') ? decodeURIComponent(value) : value;
    const json = decoded.startsWith(BASE64_PREFIX)
      ? Buffer.from(decoded.slice(BASE64_PREFIX.length), 'base64url').toString('utf8')
      : decoded;
    const session: unknown = JSON.parse(json);
    const token = Array.isArray(session) ? session[0] : accessTokenOf(session);
    return typeof token === 'string' && isCompactJwt(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function accessTokenOf(session: unknown): unknown {
  return typeof session === 'object' && session !== null && 'access_token' in session
    ? session.access_token
    : undefined;
}

/** Whether the token is a JWT, which is also what makes it safe as a header value. */
function isCompactJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}
