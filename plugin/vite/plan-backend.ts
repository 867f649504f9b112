import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEnv, type ResolvedConfig } from 'vite';
import type { Backend } from '../backend/backend.ts';
import type { StartBackend } from '../backend/held-backends.ts';
import { resolveEmbeddedKeys } from '../backend/keys.ts';
import { resolveBackend } from '../backend/resolve.ts';
import { readGatewayPort } from '../backend/settings.ts';
import { listenGateway } from '../gateway/listen.ts';
import { Gateway } from '../gateway/gateway.ts';
import { CONFIG_FILES } from '../shared/config-files.ts';
import { VARIABLES, type Environment } from '../shared/environment.ts';
import type { Logger } from '../shared/logger.ts';
import { defaultDataDir } from '../stack/project.ts';
import { withAppForks } from './app-forks.ts';
import { explainInTerminal } from './explain-in-terminal.ts';
import type { BackendPlan } from './lifecycle.ts';
import type { PluginContext } from './plugin-context.ts';

/** Determines what identifies this project's backend, what it depends on, and how it is started. */
export async function planBackend(
  { options, projectRoot, logger }: PluginContext,
  config: ResolvedConfig,
  isExposed: boolean,
): Promise<BackendPlan> {
  // The .env files of the mode, as Vite reads them, with the real environment on top; also variables without a prefix.
  const env: Environment = config.envDir ? loadEnv(config.mode, config.envDir, '') : process.env;
  const settings = await Promise.all(
    CONFIG_FILES.map((name) => readFile(join(projectRoot, name), 'utf8').catch(() => '')),
  );
  const names = Object.values(VARIABLES).flat();
  const start: StartBackend = async (onKeys) => {
    const backend = await resolveBackend({
      ...options,
      root: projectRoot,
      env,
      logger,
      async createEmbeddedBackend(reason) {
        const { embedded } = options;
        // The random keys of a server that other machines can reach are known later, to the process that runs the stack.
        if (!isExposed) onKeys(await resolveEmbeddedKeys(projectRoot, embedded, env));
        // Loaded only when chosen: the other backends need no PostgreSQL.
        const { createEmbeddedBackend } = await import('../backend/embedded/embedded-backend.ts');
        return createEmbeddedBackend({ root: projectRoot, reason, env, embedded, isExposed, logger });
      },
    });
    const explained = explainInTerminal(backend, { level: options.log, root: projectRoot, logger });
    const { requireKey } = options;
    const forkable = withAppForks(explained, { requireKey, logger });
    const port = readGatewayPort(env);
    return port === undefined ? forkable : withPort(forkable, port, logger);
  };
  return {
    key: await defaultDataDir(projectRoot),
    fingerprint: JSON.stringify([options, isExposed, settings, names.map((name) => env[name])]),
    start,
  };
}

/** The backend, also behind a separate gateway on this port, for apps that this Vite does not serve. */
async function withPort(backend: Backend, port: number, logger: Logger): Promise<Backend> {
  const { observations } = backend;
  const gateway = new Gateway({ target: () => backend.target(), logger, observations: () => observations });
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
