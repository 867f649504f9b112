import type { Explanation } from '../explanation.ts';

/** A handshake that was tried: the status of the answer, or why there is none. */
export type HandshakeOutcome = { readonly status: number } | { readonly error: string };

/** Why a path to Realtime does not work; undefined if it does. */
export function explainRoute(
  { origin, isDirect }: { origin: string; isDirect: boolean },
  outcome: HandshakeOutcome,
): Explanation | undefined {
  const path = isDirect ? `Realtime at ${origin}` : `the API gateway at ${origin}`;
  const base = {
    subject: `Realtime ${isDirect ? 'directly' : 'through the API gateway'}`,
    level: 'problem' as const,
  };
  if ('error' in outcome) {
    const { error } = outcome;
    const cure = isDirect
      ? 'Publish the port of Realtime, or use the API gateway.'
      : 'Start the backend, or correct its URL (SUPABASE_URL).';
    return {
      ...base,
      kind: 'route-down',
      cause: `A WebSocket to ${path} fails: ${error}.`,
      cure,
      code: isDirect ? 'REALTIME_PROXY_MODE=gateway' : undefined,
    };
  }
  const { status } = outcome;
  if (status === 101) return undefined;
  const refused = { ...base, kind: `route-${status}` };
  const what = `A WebSocket to ${path} is refused with ${status}`;
  if (status === 401)
    return {
      ...refused,
      cause: `${what}: it does not accept this project's key.`,
      cure: 'Set the keys of that backend: SUPABASE_PUBLISHABLE_KEY and SUPABASE_ANON_KEY, as "supabase status" prints them.',
    };
  if (status === 403)
    return isDirect
      ? {
          ...refused,
          cause: `${what}: it has no tenant for this host, or wants a JWT where it got an opaque key.`,
          cure: 'Set SUPABASE_ANON_KEY to the JWT of role anon; the tenant is realtime-dev.',
        }
      : {
          ...refused,
          cause: `${what}: it passes opaque keys (sb_publishable_…) on without translating them.`,
          cure: 'Connect to Realtime directly, with the anon JWT.',
          code: 'REALTIME_PROXY_MODE=direct',
        };
  if (status === 404)
    return {
      ...refused,
      cause: `${what}: something answers there that is not Realtime.`,
      cure: isDirect ? 'Correct REALTIME_PROXY_DIRECT_TARGET.' : 'Correct SUPABASE_URL.',
    };
  if (status === 400 || status === 426 || status === 200)
    return {
      ...refused,
      cause: `${what}: a proxy on the way removes the header Upgrade.`,
      cure: 'Let it pass Upgrade and Connection on (nginx: proxy_set_header Upgrade $http_upgrade).',
    };
  return {
    ...refused,
    cause: `${what}.`,
    cure:
      status >= 502
        ? 'Start Realtime; the API gateway answers without it.'
        : 'Look into the log of Realtime.',
  };
}
