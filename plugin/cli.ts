#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { usageError, type Call, type Command } from './commands/command.ts';
import { dbDiff } from './commands/db-diff.ts';
import { dbDump } from './commands/db-dump.ts';
import { dbReset } from './commands/db-reset.ts';
import { doctor } from './commands/doctor.ts';
import { functionsNew } from './commands/functions-new.ts';
import { genTypes } from './commands/gen-types.ts';
import { logs } from './commands/logs.ts';
import { mcp } from './commands/mcp.ts';
import { migrationList, migrationNew, migrationRepair, migrationUp } from './commands/migration.ts';
import { printError } from './commands/print-error.ts';
import { restore } from './commands/restore.ts';
import { seedBuckets } from './commands/seed-buckets.ts';
import { snapshotDelete, snapshotList, snapshotRestore, snapshotSave } from './commands/snapshot.ts';
import { start } from './commands/start.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { testDb } from './commands/test-db.ts';
import { formatCommand, formatUsage, formatUse } from './commands/usage.ts';
import { errorMessage, type SupabaseDevError } from './shared/errors.ts';

const COMMANDS: readonly Command[] = [
  start,
  stop,
  status,
  logs,
  doctor,
  mcp,
  dbReset,
  dbDiff,
  dbDump,
  restore,
  migrationNew,
  migrationList,
  migrationUp,
  migrationRepair,
  snapshotSave,
  snapshotRestore,
  snapshotList,
  snapshotDelete,
  seedBuckets,
  functionsNew,
  genTypes,
  testDb,
];

await main(process.argv.slice(2)).catch((error: unknown) => {
  printError(error);
  process.exitCode = 1;
});

async function main(args: string[]): Promise<void> {
  const [first = '--help'] = args;
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  if (first === '--help' || first === '-h') process.stdout.write(formatUsage(COMMANDS));
  else if (first === '--version' || first === '-v') process.stdout.write(`${await readVersion()}\n`);
  else if (!command) throw unknownCommand(args);
  else await run(command, args.slice(command.name.split(' ').length));
}

async function run(command: Command, args: string[]): Promise<void> {
  const call = readCall(command, args);
  if (call.flags.help === true) process.stdout.write(formatCommand(command));
  else if (command.arguments === 'any' || call.args.length === command.arguments) await command.run(call);
  else throw usageError(formatUse(command));
}

function readCall(command: Command, args: string[]): Call {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...command.flags, help: { type: 'boolean', short: 'h' } },
    });
    return { args: positionals, flags: values };
  } catch (error) {
    throw usageError(errorMessage(error));
  }
}

function unknownCommand(args: string[]): SupabaseDevError {
  const words = args.filter((arg) => !arg.startsWith('-'));
  return usageError(words.length === 0 ? 'a command is missing' : `no command "${words.join(' ')}"`);
}

async function readVersion(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
