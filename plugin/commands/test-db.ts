import { DATA_DIR, logger, rootOf, text, WORKDIR, type Command } from './command.ts';
import { INSTALLATION, installationOf } from './installation.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export const testDb: Command = {
  name: 'test db',
  usage: '[PATH …] [--verbose]',
  summary:
    'runs the pgTAP tests in supabase/tests (.sql and .pg, or those in PATH) on the running stack, or else on a new one',
  flags: {
    verbose: { type: 'boolean', help: 'print every line of TAP' },
    ...INSTALLATION,
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 'any',
  async run(call) {
    const { runDatabaseTests } = await import('../database-tests/run-database-tests.ts');
    const passed = await runDatabaseTests({
      root: await rootOf(call),
      paths: call.args,
      dataDir: text(call, 'data-dir'),
      verbose: call.flags.verbose === true,
      ...installationOf(call),
      onStart: (starting) => stopOnSignals(starting, 1),
      print: (line) => process.stdout.write(`${line}\n`),
      logger,
    });
    process.exitCode = passed ? 0 : 1;
  },
};
