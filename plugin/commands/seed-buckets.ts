import type { SeedReport } from '../stack/service.ts';
import { DATA_DIR, OUTPUT, print, printJson, wantsJson, WORKDIR, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

export const seedBuckets: Command = {
  name: 'seed buckets',
  usage: '[-o json]',
  summary:
    'creates the buckets of config.toml and stores the files of their objects_path that are new or have changed',
  flags: { output: OUTPUT, workdir: WORKDIR, 'data-dir': DATA_DIR },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const isJson = wantsJson(call);
      const report = (await stack.request('seed buckets')) as SeedReport;
      const { buckets, stored, problems } = report;
      if (problems.length > 0) process.exitCode = 1;
      if (isJson) return printJson(report);
      for (const problem of problems) print(problem);
      print(`Buckets: ${buckets.join(', ') || 'none in config.toml'}; files stored: ${stored}`);
      return undefined;
    }),
};
