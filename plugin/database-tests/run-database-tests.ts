import pg from 'pg';
import { resolve } from 'node:path';
import type { Logger } from '../shared/logger.ts';
import { findOwner } from '../stack/ownership/claim.ts';
import { defaultDataDir } from '../stack/project.ts';
import { startStack, type Stack, type StackOptions } from '../start-stack.ts';
import { PsqlSession } from './psql-session.ts';
import { formatOutcome, formatSummary, hasPassed, type FileResult } from './report.ts';
import { parseTap } from './tap.ts';
import { findTestFiles, type TestFile } from './test-files.ts';

export interface DatabaseTestsOptions extends Pick<StackOptions, 'dataDir' | 'postgres' | 'skipExtensions'> {
  /** Folder that holds `supabase/`. */
  readonly root: string;
  /** Files and folders; none means `supabase/tests`. */
  readonly paths: readonly string[];
  /** Print every line of TAP, not only comments. */
  readonly verbose: boolean;
  /** Called when a stack for the tests begins to start. */
  readonly onStart: (starting: Promise<Stack>) => void;
  /** Receives the report, line by line. */
  readonly print: (text: string) => void;
  /** Progress, warnings, and what psql writes to standard error. */
  readonly logger: Logger;
}

/**
 * Runs pgTAP tests as `supabase test db` does (cli internal/db/test/test.go): on the running stack of the project, or on
 * a new one with the project's migrations and seed, which is thrown away afterwards.
 *
 * @returns whether all tests have passed
 * @throws SupabaseDevError USAGE, or that of a failed start
 */
export async function runDatabaseTests(options: DatabaseTestsOptions): Promise<boolean> {
  const files = await findTestFiles(
    options.root,
    options.paths.length > 0 ? options.paths : ['supabase/tests'],
  );
  const running = await findOwner(resolve(options.dataDir ?? (await defaultDataDir(options.root))));
  if (running) {
    running.leave();
    return runFiles(running.record.dbUrl, files, options);
  }
  const { root, postgres, skipExtensions, logger, onStart } = options;
  const starting = startStack({
    root,
    postgres,
    skipExtensions,
    logger,
    ephemeral: true,
    port: 0,
    dbPort: 0,
  });
  onStart(starting);
  const stack = await starting;
  try {
    return await runFiles(stack.dbUrl, files, options);
  } finally {
    await stack.stop();
  }
}

async function runFiles(
  dbUrl: string,
  files: readonly TestFile[],
  options: DatabaseTestsOptions,
): Promise<boolean> {
  const started = Date.now();
  const width = Math.max(0, ...files.map(({ name }) => name.length)) + 2;
  const results: FileResult[] = [];
  await withPgtap(dbUrl, async () => {
    for (const file of files) {
      const result = await runFile(
        dbUrl,
        file,
        `${file.name} ${'.'.repeat(width - file.name.length)} `,
        options,
      );
      results.push(result);
      if (result.bailOut === undefined) continue;
      options.print(`Bailout called.  Further testing stopped:  ${result.bailOut}`);
      break;
    }
  });
  options.print(formatSummary(results, Date.now() - started));
  return results.every(hasPassed);
}

async function runFile(
  dbUrl: string,
  { name, path }: TestFile,
  heading: string,
  { verbose, print, logger }: DatabaseTestsOptions,
): Promise<FileResult> {
  const lines: string[] = [];
  const session = new PsqlSession(dbUrl, {
    out: (line) => lines.push(line),
    err: (text) => logger.error(text),
  });
  const exit = await session.run(path);
  const result = { name, exit, ...parseTap(lines) };
  const shown = lines.filter((line) => verbose || line.startsWith('#'));
  const outcome = formatOutcome(result);
  if (shown.length === 0 && !outcome.includes('\n')) print(`${heading}${outcome}`);
  else print([heading, ...shown, outcome].join('\n'));
  return result;
}

/** Creates the extension for the time of the tests, unless the project has it. */
async function withPgtap(dbUrl: string, run: () => Promise<void>): Promise<void> {
  const client = new pg.Client(dbUrl);
  client.on('error', () => {});
  await client.connect();
  try {
    const { rowCount } = await client.query(`select from pg_catalog.pg_extension where extname = 'pgtap'`);
    if (rowCount === 0) await client.query('create extension pgtap with schema extensions');
    await run();
    if (rowCount === 0) await client.query('drop extension if exists pgtap');
  } finally {
    await client.end();
  }
}
