import type { JsonObject } from '../../../shared/json.ts';
import { json, type Reply } from '../http/reply.ts';
import type { IssuedSession, SessionTrace, TokenResponse } from '../tokens/issue.ts';

/** The headers by which GoTrue names the session of an answer. */
export function sessionHeaders(trace: SessionTrace): Record<string, string> {
  const { userId, sessionId, refreshToken, isReused } = trace;
  return {
    ...(userId === undefined ? {} : { 'sb-auth-user-id': userId }),
    ...(sessionId === undefined ? {} : { 'sb-auth-session-id': sessionId }),
    ...(refreshToken === undefined ? {} : { 'sb-auth-refresh-token-prefix': refreshToken.slice(0, 5) }),
    ...(isReused === undefined ? {} : { 'sb-auth-refresh-token-reuse': String(isReused) }),
  };
}

/** A session as JSON, with further fields of the endpoint. */
export function sessionReply({ trace, response }: IssuedSession, extra: JsonObject = {}): Reply {
  return json({ ...response, ...extra }, 200, sessionHeaders(trace));
}

/** The same answer with the headers of a session. */
export function withSession(reply: Reply, trace: SessionTrace): Reply {
  return { ...reply, headers: { ...reply.headers, ...sessionHeaders(trace) } };
}

/** A session as parameters of a URL's fragment. */
export function sessionFragment(
  session: TokenResponse,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    access_token: session.access_token,
    token_type: session.token_type,
    expires_in: String(session.expires_in),
    expires_at: String(session.expires_at),
    refresh_token: session.refresh_token,
    sb: '',
    ...extra,
  };
}
