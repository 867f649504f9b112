import { SupabaseDevError } from '../shared/errors.ts';
import type { Backend } from './backend.ts';
import { createUrlBackend, type UrlBackendOptions } from './url-backend.ts';

/**
 * A hosted or self-hosted Supabase at any URL. It is not probed. Only a self-hosted one can have a direct path to
 * Realtime.
 *
 * @throws SupabaseDevError OPTION_INVALID for `realtime: "direct"` without the URL of Realtime
 */
export function createRemoteBackend(options: UrlBackendOptions): Backend {
  const { url, realtimeUrl } = options;
  if (options.realtime === 'direct' && !realtimeUrl) {
    throw new SupabaseDevError('OPTION_INVALID', 'realtime: "direct" needs the URL of Realtime', {
      hint: 'Set REALTIME_PROXY_DIRECT_TARGET, or use realtime: "gateway" (the only path for hosted projects).',
    });
  }
  return createUrlBackend(options, {
    kind: 'remote',
    host: url.host,
    directUrl: realtimeUrl,
    knowsSession: undefined,
    studioUrl: dashboardOf(url),
    label: `remote project at ${url.origin}; its data is real`,
  });
}

/** The dashboard of a hosted project. */
function dashboardOf({ hostname }: URL): string | undefined {
  const ref = /^([a-z]{20})\.supabase\.co$/.exec(hostname)?.[1];
  return ref && `https://supabase.com/dashboard/project/${ref}`;
}
