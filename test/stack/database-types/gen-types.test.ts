import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation';
import { introspect } from '@supabase/postgrest-typegen/introspection';
import { format } from 'oxfmt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Call } from '../../../plugin/commands/command.ts';
import { genTypes } from '../../../plugin/commands/gen-types.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  const sql = await readFile(new URL('./nasty.sql', import.meta.url), 'utf8');
  const config = '[api]\nschemas = ["public", "shop"]\n';
  const files = { 'supabase/migrations/1_nasty.sql': sql, 'supabase/config.toml': config };
  stack = await startTestStack(files, { ephemeral: false });
});
afterAll(() => stack.stop());

/** Runs the command as the command line does; `out` is its standard output. */
async function run(
  flags: Call['flags'] = {},
  ...args: string[]
): Promise<{ out: string; said: string; code: unknown }> {
  const [out, said]: string[][] = [[], []];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out?.push(String(text)) !== 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said?.push(String(text)) !== 0),
  ];
  try {
    await genTypes.run({ args, flags: { workdir: stack.root, ...flags } });
    return { out: out?.join('') ?? '', said: said?.join('') ?? '', code: process.exitCode };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

/** What the generator behind `supabase gen types` writes, with the CLI's settings and its own format. */
async function generateAsCli(schemas: string[], detectOneToOneRelationships: boolean): Promise<string> {
  const client = new pg.Client({ connectionString: stack.dbUrl, pipeline: true });
  await client.connect();
  try {
    const metadata = await introspect(client, { includedSchemas: schemas });
    return await generateTypescript(sortGeneratorMetadata(metadata), { detectOneToOneRelationships });
  } finally {
    await client.end();
  }
}

test.each<[string, Call['flags'], string[], boolean]>([
  ['the schemas of config.toml', {}, ['public', 'shop'], true],
  ['lists of schemas', { schema: ['public,odd schema', ' shop '] }, ['public', 'shop', 'odd schema'], true],
  ['one schema', { schema: ['shop'], local: true, lang: 'typescript' }, ['shop'], true],
  ['a schema that is not there', { schema: ['public', 'nowhere'] }, ['public', 'nowhere'], true],
  ['PostgREST 9', { 'postgrest-v9-compat': true }, ['public', 'shop'], false],
])('%s: equal to the byte', async (_, flags, schemas, oneToOne) => {
  const { out, code } = await run(flags);
  expect(out).toBe(await generateAsCli(schemas, oneToOne));
  expect(out).toContain('export type Database = {');
  expect(code).toBeUndefined();
});

describe('a file', () => {
  test('is written, left alone, and checked', async () => {
    const file = join(stack.root, 'src/database.types.ts');
    expect(await run({ check: true, file })).toMatchObject({
      code: 1,
      said: expect.stringContaining('+ export type Json'),
    });
    expect((await run({ file })).said).toContain('wrote');
    expect((await run({ file })).said).toContain('unchanged');
    const types = await readFile(file, 'utf8');
    expect(types).toBe((await run()).out);
    // Found at its usual place, and formatted by somebody.
    const { code } = await format(file, types, { singleQuote: true, printWidth: 110 });
    await writeFile(file, code);
    expect(await run({ check: true })).toMatchObject({ code: undefined, out: '' });
    await writeFile(file, types.replace('nick: string | null', 'nick: number'));
    const stale = await run({ check: true });
    expect(stale.code).toBe(1);
    expect(stale.said).toMatch(/- +nick: number\n\+ +nick: string \| null\n/);
    expect(stale.said).toMatch(/gen types --file \S+database\.types\.ts/);
  });
});

test.each<[string, Call['flags'], string[], RegExp]>([
  ['another language', { lang: 'go' }, [], /not for "go"/],
  ['another language as an argument', {}, ['swift'], /not for "swift"/],
  ['a check without a file', { check: true, workdir: import.meta.dirname }, [], /name it with --file/],
])('%s is refused', async (_, flags, args, message) => {
  await expect(run(flags, ...args)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringMatching(message),
  });
});
