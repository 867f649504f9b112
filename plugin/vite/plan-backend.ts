import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEnv, type ResolvedConfig } from 'vite';
import type { Backend } from '../backend/backend.ts';
import { resolveBackend } from '../backend/resolve.ts';
import { readGatewayPort, SETTINGS, type Environment } from '../backend/settings.ts';
import { listenGateway } from '../gateway/listen.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { Logger } from '../shared/logger.ts';
import { defaultDataDir } from '../stack/project.ts';
import type { BackendPlan } from './lifecycle.ts';
import type { PluginContext } from './plugin-context.ts';

/** Decides what identifies this project's backend, what it depends on, and how it is started. */
export async function planBackend(
  { options, projectRoot, logger }: PluginContext,
  config: ResolvedConfig,
): Promise<BackendPlan> {
  // Files .env* of the mode, as Vite reads them, below the real environment; not only what the browser may see.
  const env: Environment = config.envDir ? loadEnv(config.mode, config.envDir, '') : process.env;
  const settings = await readFile(join(projectRoot, 'supabase', 'config.toml'), 'utf8').catch(() => '');
  const names = Object.values(SETTINGS).flatMap((setting) => setting.env);
  const start = async (): Promise<Backend> => {
    const backend = await resolveBackend({
      ...options,
      root: projectRoot,
      env,
      logger,
      async startEmbedded(reason) {
        // Loaded only when it is chosen: users of the other backends need not have PostgreSQL installed.
        const { startEmbedded } = await import('../backend/embedded/embedded-backend.ts');
        return startEmbedded({ root: projectRoot, reason, env, embedded: options.embedded, logger });
      },
    });
    const port = readGatewayPort(env);
    return port === undefined ? backend : withPort(backend, port, logger);
  };
  return {
    key: await defaultDataDir(projectRoot),
    fingerprint: JSON.stringify([options, settings, names.map((name) => env[name])]),
    start,
  };
}

/** The backend behind a gateway on a port of its own as well, for apps that are not this Vite's. */
async function withPort(backend: Backend, port: number, logger: Logger): Promise<Backend> {
  const gateway = createGateway({ target: () => backend.target(), logger });
  const server = await listenGateway(gateway, { port }).catch(async (error: unknown) => {
    await backend.close();
    throw error;
  });
  return {
    ...backend,
    describe: () => [...backend.describe(), { label: 'Gateway', value: `http://127.0.0.1:${port}` }],
    async close() {
      await gateway.close();
      await server.close();
      await backend.close();
    },
  };
}
