import { resolve } from 'node:path';
import { defaultDataDir } from '../stack/project.ts';
import { DATA_DIR, logger, rootOf, text, WORKDIR, type Command } from './command.ts';

export const mcp: Command = {
  name: 'mcp',
  usage: '[--read-only]',
  summary:
    'serves an agent over standard input and output (MCP): SQL, tables, migrations, logs, advisors, functions, and why a request failed',
  flags: {
    'read-only': { type: 'boolean', help: 'offer only tools that change nothing, and SQL that only reads' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  async run(call) {
    const root = await rootOf(call);
    const dataDir = text(call, 'data-dir');
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
    const { serveAgent } = await import('../mcp/stdio.ts');
    await serveAgent({
      root,
      dataDir: dataDir === undefined ? await defaultDataDir(root) : resolve(dataDir),
      logger,
      isReadOnly: call.flags['read-only'] === true,
      stop: stop.signal,
    });
    // Connections that a tool was still using must not keep the process.
    process.exit(0);
  },
};
