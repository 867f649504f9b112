import type { SupabaseConfig } from '../stack/config/config.ts';
import type { Backend } from './backend.ts';
import { knowsSession } from './session-check.ts';
import { UpstreamDatabase } from './upstream-database.ts';
import { createUrlBackend, type UrlBackendOptions } from './url-backend.ts';

/** Where the CLI's Realtime listens when its port is published. */
const DEFAULT_REALTIME_URL = 'http://127.0.0.1:4000';

export interface LocalBackendOptions extends UrlBackendOptions {
  readonly config: SupabaseConfig;
  /** URL of the database, where the CLI reports it. */
  readonly databaseUrl?: string | undefined;
}

/** The Supabase CLI's stack: HTTP through its API gateway, WebSockets past it where that is possible. */
export function createLocalBackend(options: LocalBackendOptions): Backend {
  const { url, keys } = options;
  const anonKey = keys.anonKey ?? keys.publishableKey;
  return createUrlBackend(options, {
    kind: 'local',
    // Services build links, and check S3 signatures, with the client's own Host.
    host: 'client',
    directUrl: options.realtimeUrl ?? new URL(DEFAULT_REALTIME_URL),
    knowsSession: anonKey === undefined ? undefined : (token) => knowsSession(url, anonKey, token),
    label: `local stack at ${url.origin}`,
    studioUrl: studioOf(options),
    database: new UpstreamDatabase(options.config, options.databaseUrl),
  });
}

/** Where the CLI serves Studio, unless config.toml switches it off. */
function studioOf({ config, url }: LocalBackendOptions): string | undefined {
  const studio = config.section('studio');
  const port = studio.integer('port', 54323);
  return studio.boolean('enabled', true) ? `http://${url.hostname}:${port}` : undefined;
}
