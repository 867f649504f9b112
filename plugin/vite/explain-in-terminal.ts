import type { Backend } from '../backend/backend.ts';
import { Terminal } from '../explain/terminal.ts';
import type { LogLevel } from '../shared/log-level.ts';
import type { Logger } from '../shared/logger.ts';
import { withMcp } from '../mcp/with-mcp.ts';
import { withStudio } from '../studio/with-studio.ts';

/** The backend, with causes of what it refuses in the terminal, and Studio, as long as it runs. */
export function explainInTerminal(
  backend: Backend,
  { level, root, logger }: { level: LogLevel; root: string; logger: Logger },
): Backend {
  const { observations, exposedSchemas = [] } = backend;
  const databaseUrl = (): string | undefined => backend.databaseUrl?.();
  const terminal = new Terminal({ observations, databaseUrl, exposedSchemas, level, logger });
  const studio = withStudio({ backend, terminal, exposedSchemas, root });
  const served = withMcp({ backend: studio, root, logger });
  return {
    ...served,
    async close() {
      await terminal.close();
      await served.close();
    },
  };
}
