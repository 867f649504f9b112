import type { Backend } from './backend.ts';
import { createUrlBackend, type UrlBackendOptions } from './url-backend.ts';

/** Where the CLI's Realtime listens when its port is published. */
const DEFAULT_REALTIME_URL = 'http://127.0.0.1:4000';

/** The Supabase CLI's stack: HTTP through its API gateway, WebSockets past it where that is possible. */
export function createLocalBackend(options: UrlBackendOptions): Backend {
  return createUrlBackend(options, {
    kind: 'local',
    // Services build links, and check S3 signatures, with the client's own Host.
    host: 'client',
    directUrl: options.realtimeUrl ?? new URL(DEFAULT_REALTIME_URL),
    label: `local stack at ${options.url.origin}`,
  });
}
