import { resolve } from 'node:path';
import { SupabaseDevError } from '../shared/errors.ts';
import { requireFolder } from '../shared/files.ts';
import type { Logger } from '../shared/logger.ts';
import { writeLine } from './progress.ts';

/** One command of the command line. */
export interface Command {
  /** Its words, such as `db reset`. */
  readonly name: string;
  /** Its arguments and own flags, for the usage: `NAME [--plain]`. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** Its flags, besides `--help`, with what each does. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** Number of arguments. */
  readonly arguments: number | 'any';
  run(call: Call): Promise<void>;
}

export interface Flag {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  /** Name of the value; absent for a switch. */
  readonly value?: string;
  /** It may be given several times, and each value may be a list with commas. */
  readonly multiple?: boolean;
  readonly help: string;
}

/** One call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

export const WORKDIR: Flag = {
  type: 'string',
  value: 'DIR',
  help: 'folder that holds supabase/ (default: the working directory)',
};

export const DATA_DIR: Flag = {
  type: 'string',
  value: 'DIR',
  help: 'folder of the data (default: .supabase beside package.json)',
};

export const OUTPUT: Flag = { type: 'string', short: 'o', value: 'json', help: 'print JSON, for scripts' };

/** Standard output has only what programs read; messages for people go to standard error. */
export function print(text: string): void {
  writeLine(text);
}

export const logger: Logger = { info: print, warn: print, error: print };

/** The text of a flag with a value. */
export function text({ flags }: Call, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of a flag that is a list, without empty ones. */
export function list({ flags }: Call, name: string): string[] {
  const values = [flags[name] ?? []].flat().map(String);
  return values.flatMap((value) => value.split(',').map((item) => item.trim())).filter(Boolean);
}

/** The project's folder. @throws SupabaseDevError OPTION_INVALID */
export async function rootOf(call: Call): Promise<string> {
  const root = resolve(text(call, 'workdir') ?? '.');
  await requireFolder(root, '--workdir');
  return root;
}

/** Whether the result is wanted as JSON. @throws SupabaseDevError USAGE for another format */
export function wantsJson(call: Call): boolean {
  const format = text(call, 'output');
  if (format === undefined || format === 'json') return format === 'json';
  throw usageError(`--output must be json, not "${format}"`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function usageError(message: string): SupabaseDevError {
  return new SupabaseDevError('USAGE', message, {
    hint: 'vite-plugin-supabase --help lists commands and options.',
  });
}
