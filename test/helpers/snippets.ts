import { readFile } from 'node:fs/promises';

/**
 * The files that a page of docs/ shows: code blocks whose first line is a comment with a path.
 *
 * @returns path → text
 */
export async function readSnippets(page: string): Promise<Record<string, string>> {
  const source = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const text = source.replaceAll('\r\n', '\n');
  const blocks = text.matchAll(/^```\w+\n(?:\/\/|#) ([\w./-]+\.\w+)\n(.*?)^```$/gms);
  return Object.fromEntries([...blocks].map(([, path = '', code = '']) => [path, code]));
}
