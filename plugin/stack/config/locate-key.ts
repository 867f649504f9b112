import { isTable } from './is-table.ts';

// Valid within a key of TOML, quoted or not, and of JSON.
const SUFFIX = '-here';

/**
 * The offset of a key in the text of a file, for messages; undefined where the file writes the key with escapes.
 *
 * It renames one occurrence of the key's text after the other, until the parser finds the new name in the key's table. So
 * it depends on no grammar: comments, strings and keys of the same name in other tables make no difference. The first
 * occurrence counts, where several headers open a table.
 *
 * @param path names of the tables, and of the key
 * @param parse how the file is read; it may throw
 */
export function locateKey(
  text: string,
  path: readonly string[],
  parse: (text: string) => unknown,
): number | undefined {
  const key = path.at(-1);
  if (!key) return undefined;
  const renamed = [...path.slice(0, -1), key + SUFFIX];
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    const end = at + key.length;
    if (hasPath(tryParse(parse, text.slice(0, end) + SUFFIX + text.slice(end)), renamed)) return at;
  }
  return undefined;
}

/** Whether tables within each other have this path of keys. */
export function hasPath(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return isTable(value) && Object.hasOwn(value, key) && hasPath(value[key], rest);
}

function tryParse(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
