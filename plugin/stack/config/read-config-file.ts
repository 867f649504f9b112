import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { errorMessage, hasErrorCode, SupabaseDevError } from '../../shared/errors.ts';
import { isTable } from './section.ts';

/** The settings of a project as its file has them. */
interface ConfigFile {
  readonly path: string;
  readonly values: Record<string, unknown>;
}

/** The names that the Supabase CLI looks for, in its order (cli packages/config/src/paths.ts). */
export const CONFIG_NAMES = ['config.json', 'config.jsonc', 'config.toml'];

/**
 * Reads `config.json`, `config.jsonc` or `config.toml` of the folder `supabase`.
 *
 * @returns undefined when there is none
 * @throws SupabaseDevError CONFIG_INVALID, with the line
 */
export async function readConfigFile(supabaseDir: string): Promise<ConfigFile | undefined> {
  for (const name of CONFIG_NAMES) {
    const path = join(supabaseDir, name);
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return undefined;
      throw error;
    });
    if (text === undefined) continue;
    return { path, values: name === 'config.toml' ? parseToml(text, path) : parseJsonc(text, path) };
  }
  return undefined;
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const location = { file, line: error.line, column: error.column, frame: error.codeblock };
    const message = `supabase/config.toml is not valid TOML (line ${error.line}): ${error.message.split('\n')[0]}`;
    throw new SupabaseDevError('CONFIG_INVALID', message, { cause: error, location });
  }
}

/** JSON with comments and trailing commas. */
function parseJsonc(text: string, file: string): Record<string, unknown> {
  const name = `supabase/${basename(file)}`;
  // Strings are kept; comments become blanks, so that positions stay.
  const plain = text
    .replaceAll(/"(?:\\.|[^"\\])*"|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g, (part) =>
      part.startsWith('"') ? part : part.replaceAll(/[^\r\n]/g, ' '),
    )
    .replaceAll(/"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g, (part) => (part === ',' ? ' ' : part));
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (error) {
    const position = Number(/position (\d+)/.exec(errorMessage(error))?.[1] ?? 0);
    const before = plain.slice(0, position).split('\n');
    const location = { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const message = `${name} is not valid JSON (line ${location.line}): ${errorMessage(error)}`;
    throw new SupabaseDevError('CONFIG_INVALID', message, { cause: error, location });
  }
  if (isTable(value)) return value;
  throw new SupabaseDevError('CONFIG_INVALID', `${name} must be an object`, {
    location: { file, line: 1, column: 1 },
  });
}
