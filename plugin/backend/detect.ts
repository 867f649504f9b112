import type { GatewayKeys } from '../gateway/target.ts';
import { readKeys, type Environment } from '../shared/environment.ts';
import type { SupabaseConfig } from '../stack/config/config.ts';
import { readCliStatus, type CliStatus } from './cli-status.ts';
import { probeApi, probeEmbedded, probeKey } from './probe.ts';
import { isForeignStack } from './same-project.ts';

export type LocalStack =
  | { ok: true; url: URL; keys: GatewayKeys; reason: string }
  | { ok: false; reason: string };

const DEFAULT_API_PORT = 54321;

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
 * must not belong to another project. Only when that fails, `supabase status` is run: it reports ports and keys that the
 * CLI chose itself, but takes a second.
 */
export async function findLocalStack(options: {
  config: SupabaseConfig;
  keys: GatewayKeys;
  env: Environment;
  /** For tests; by default `supabase status -o json`. */
  askCli?: () => Promise<CliStatus | undefined>;
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
  const askCli = options.askCli ?? (() => readCliStatus(config.root, env));
  const status = config.file === undefined ? undefined : await askCli();
  if (status) {
    const answer = await probeApi(status.url, status.keys.anonKey);
    if (answer.ok) {
      const known = { ...keys, ...status.keys, ...readKeys(env, 'all'), jwks: answer.jwks };
      return {
        ok: true,
        url: status.url,
        keys: known,
        reason: `"supabase status" reports it at ${status.url.host}`,
      };
    }
  }
  let reason = api.ok ? 'a Supabase answers, but refuses the keys of this project' : api.reason;
  if (isForeign) reason = 'the stack of another project answers';
  return { ok: false, reason: `at ${url.host} ${reason}` };
}
