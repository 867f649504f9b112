import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSameButForFormat, tokensOf } from './tokens.ts';

/** Where projects keep the types of their database. */
const FOLDERS = [
  'supabase',
  '.',
  'src',
  'src/lib',
  'src/types',
  'lib',
  'types',
  'app',
  'app/lib',
  'app/model',
  'app/types',
];
const NAMES = ['database.types.ts', 'database-types.ts', 'supabase.types.ts'];

/** What generators of all versions export. */
const GENERATED = new Set([
  'Json',
  'Database',
  'Tables',
  'TablesInsert',
  'TablesUpdate',
  'Enums',
  'CompositeTypes',
  'Constants',
]);

/** The file with the generator's output at one of the usual places, relative to `root`; undefined when there is none. */
export async function findTypesFile(root: string): Promise<string | undefined> {
  for (const folder of FOLDERS)
    for (const name of NAMES) {
      const file = folder === '.' ? name : `${folder}/${name}`;
      const text = await readText(join(root, file));
      if (text !== undefined && isGenerated(text)) return file;
    }
  return undefined;
}

/** Whether a generator wrote this text and nobody added something to it that another run would delete. */
export function isGenerated(text: string): boolean {
  const exported = [...text.matchAll(/^export (?:type|interface|const) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  return (
    exported[0] === 'Json' &&
    exported.includes('Database') &&
    exported.every((name) => GENERATED.has(name)) &&
    !/^(?:import\b|export (?!type|interface|const))/m.test(text)
  );
}

/**
 * Writes the types when they differ from those of the file by more than their format.
 *
 * @returns whether the file was written
 */
export async function updateTypesFile(file: string, types: string): Promise<boolean> {
  const present = await readText(file);
  if (present !== undefined && isSameButForFormat(present, types)) return false;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, types);
  return true;
}

/** Lines of each side that are shown. */
const SHOWN = 8;

/**
 * The first lines in which a file differs from the types of the database, `-` for the file and `+` for the database;
 * undefined when it has the same types.
 *
 * @param present the file's text; undefined when there is none
 */
export function describeDifference(present: string | undefined, types: string): string | undefined {
  if (present !== undefined && isSameButForFormat(present, types)) return undefined;
  const [old, next] = [present ?? '', types].map((text) => text.split(/\r?\n/));
  if (!old || !next) return undefined;
  const isSame = (a = '', b = ''): boolean => tokensOf(a) === tokensOf(b);
  let start = 0;
  while (start < old.length && start < next.length && isSame(old[start], next[start])) start++;
  let end = 0;
  while (end < Math.min(old.length, next.length) - start && isSame(old.at(-1 - end), next.at(-1 - end)))
    end++;
  return [
    ...show('-', old.slice(start, old.length - end)),
    ...show('+', next.slice(start, next.length - end)),
  ].join('\n');
}

function show(sign: string, lines: readonly string[]): string[] {
  const shown = lines.slice(0, SHOWN).map((line) => `${sign} ${line}`);
  return lines.length > SHOWN ? [...shown, `${sign} … ${lines.length - SHOWN} more lines`] : shown;
}

/** The text of a file; undefined when there is none. */
export function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
