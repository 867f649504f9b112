import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse as parseToml, TomlError } from 'smol-toml';
import { offsetOf, sourceLocation } from '../../shared/code-frame.ts';
import { CONFIG_FILES } from '../../shared/config-files.ts';
import { errorMessage, hasErrorCode, SupabaseDevError, type SourceLocation } from '../../shared/errors.ts';
import { JsoncError, parseJsonc } from '../../shared/jsonc.ts';
import { isTable } from './is-table.ts';
import { locateKey } from './locate-key.ts';

/** The settings of a project as its file has them. */
export interface ConfigFile {
  /** Absolute path. */
  readonly path: string;
  /** `supabase/config.toml` or another name, for messages. */
  readonly name: string;
  readonly values: Record<string, unknown>;
  /** The place of a key, for messages; undefined when it cannot be found. */
  locate(path: readonly string[]): SourceLocation | undefined;
}

/**
 * Reads `config.json`, `config.jsonc` or `config.toml` of the folder `supabase` in `root`.
 *
 * @returns undefined when there is none
 * @throws SupabaseDevError CONFIG_INVALID, with the line
 */
export async function readConfigFile(root: string): Promise<ConfigFile | undefined> {
  for (const name of CONFIG_FILES) {
    const path = join(root, name);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
      throw error;
    });
    // Some editors begin a file with a byte order mark.
    if (text !== undefined) return parseConfigFile(path, text.replace(/^\uFEFF/, ''));
  }
  return undefined;
}

function parseConfigFile(path: string, text: string): ConfigFile {
  const name = `supabase/${basename(path)}`;
  const isToml = path.endsWith('.toml');
  const parse = isToml ? parseToml : parseJsonc;
  if (text.includes('\0')) {
    throw new SupabaseDevError('CONFIG_INVALID', `${name} is not UTF-8`, {
      hint: 'Save it with the encoding UTF-8 (PowerShell: Out-File -Encoding utf8).',
    });
  }
  const place = (offset: number): Required<SourceLocation> => sourceLocation(path, text, offset);
  let values: unknown;
  try {
    values = parse(text);
  } catch (error) {
    const offset = offsetOfError(error, text);
    if (offset === undefined) throw error;
    const location = place(offset);
    const [reason = ''] = errorMessage(error).split('\n');
    const message = `${name} is not valid ${isToml ? 'TOML' : 'JSON'} (line ${location.line}): ${reason}`;
    throw new SupabaseDevError('CONFIG_INVALID', message, { cause: error, location });
  }
  if (!isTable(values)) {
    throw new SupabaseDevError('CONFIG_INVALID', `${name} must be an object`, { location: place(0) });
  }
  return {
    path,
    name,
    values,
    locate(keys) {
      const offset = locateKey(text, keys, parse);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

function offsetOfError(error: unknown, text: string): number | undefined {
  if (error instanceof JsoncError) return error.offset;
  return error instanceof TomlError ? offsetOf(text, error.line, error.column) : undefined;
}
