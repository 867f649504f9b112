import type { GatewayKeys } from '../gateway/target.ts';
import { readKeys, type Environment } from '../shared/environment.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import { readCliStatus } from './cli-status.ts';
import { probeApi, probeEmbedded, probeKey } from './probe.ts';
import { isForeignStack } from './same-project.ts';

export type LocalStack =
  | { ok: true; url: URL; keys: GatewayKeys; reason: string; databaseUrl?: string | undefined }
  | { ok: false; reason: string };

const DEFAULT_API_PORT = 54321;

/** A stack that runs may start its services at the first request. */
const REPORTED_TIMEOUT_MS = 10_000;

/** URL of the CLI's API gateway according to config.toml. */
export function localApiUrl(config: SupabaseConfig): URL {
  const api = config.section('api');
  const scheme = api.section('tls').boolean('enabled', false) ? 'https' : 'http';
  return new URL(`${scheme}://127.0.0.1:${api.integer('port', DEFAULT_API_PORT)}`);
}

/**
 * Looks for a running stack of this project.
 *
 * First at the port of config.toml: a Supabase must answer there, it must accept this project's keys, and its database
 * must not belong to another project. Only when that fails, the CLI is asked: it reports ports and keys that it chose
 * itself, but takes a second.
 */
export async function findLocalStack(options: {
  config: SupabaseConfig;
  keys: GatewayKeys;
  env: Environment;
}): Promise<LocalStack> {
  const { config, keys, env } = options;
  const url = localApiUrl(config);
  const api = await probeApi(url, keys.anonKey);
  const isForeign = api.ok && ((await probeEmbedded(url)) || (await isForeignStack(config)) === true);
  if (api.ok && !isForeign && (await probeKey(url, keys.anonKey ?? ''))) {
    const reason = `a Supabase with this project's keys answers at ${url.host}`;
    return { ok: true, url, keys: { ...keys, jwks: api.jwks }, reason };
  }
  // Without a config.toml there is no stack of the CLI.
  const status = config.file === undefined ? undefined : await readCliStatus(config.root, env);
  if (status) {
    const { host } = status.url;
    const answer = await probeApi(status.url, status.keys.anonKey, REPORTED_TIMEOUT_MS);
    const which = status.name === undefined ? '' : ` (${status.name})`;
    return {
      ok: true,
      url: status.url,
      // Keys that the CLI does not report are unknown: this stack need not have the values of config.toml.
      keys: {
        ...keys,
        jwtSecret: undefined,
        ...status.keys,
        ...readKeys(env, 'all'),
        jwks: answer.ok ? answer.jwks : undefined,
      },
      databaseUrl: status.databaseUrl,
      // Not even a stack that does not answer is replaced by a second, empty database.
      reason: `the Supabase CLI reports it at ${host}${which}${answer.ok ? '' : `, where ${answer.reason}`}`,
    };
  }
  let reason = api.ok ? 'a Supabase answers, but refuses the keys of this project' : api.reason;
  if (isForeign) reason = 'the stack of another project answers';
  return { ok: false, reason: `at ${url.host} ${reason}` };
}
