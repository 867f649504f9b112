import type { Backend } from '../backend/backend.ts';
import { exposedSchemas } from '../explain/exposed-schemas.ts';
import { Terminal } from '../explain/terminal.ts';
import type { Environment } from '../shared/environment.ts';
import type { LogLevel } from '../shared/log-level.ts';
import type { Logger } from '../shared/logger.ts';
import { loadConfig } from '../stack/config/config.ts';
import { withStudio } from '../studio/with-studio.ts';

/** The backend, with causes of what it refuses in the terminal, and Studio, as long as it runs. */
export async function explainInTerminal(
  backend: Backend,
  { level, root, env, logger }: { level: LogLevel; root: string; env: Environment; logger: Logger },
): Promise<Backend> {
  const schemas = exposedSchemas(await loadConfig(root, { env }));
  const { observations } = backend;
  const databaseUrl = (): string | undefined => backend.databaseUrl?.();
  const terminal = new Terminal({ observations, databaseUrl, exposedSchemas: schemas, level, logger });
  const studio = withStudio({ backend, terminal, exposedSchemas: schemas, root });
  return {
    ...studio,
    async close() {
      await terminal.close();
      await studio.close();
    },
  };
}
