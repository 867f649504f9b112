import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { query } from '../databases/helpers.ts';
import { contentOf, dump, restoreFiles } from './helpers.ts';
import { findOwner } from '../../../plugin/stack/ownership/claim.ts';

const SCHEMA = new URL('../../fixtures/dump/nasty-schema.sql', import.meta.url);
let stack: TestStack;

beforeAll(async () => {
  const text = (await readFile(SCHEMA, 'utf8')).replaceAll(/^(begin|commit);\n/gm, '');
  stack = await startTestStack({ 'supabase/migrations/1_nasty.sql': text }, { ephemeral: false });
  await stack.client(stack.secretKey).auth.admin.createUser({ email: 'a@b.c', password: 'secret-1' });
});
afterAll(() => stack.stop());

/** What the restored database has that the migrations do not say. */
async function difference(): Promise<unknown> {
  const owner = await findOwner(join(stack.root, '.supabase'));
  const diff = (await owner?.request('db diff')) as { scripts: string[] };
  owner?.leave();
  return diff.scripts;
}

describe('schema and rows come back as they were', () => {
  test.each([
    ['INSERT', {}, false],
    ['COPY, compressed', { 'use-copy': true }, true],
  ])('as %s', async (_, flags, isCompressed) => {
    const before = await contentOf(stack);
    const schema = await dump(stack, 'schema.sql');
    let data = await dump(stack, 'data.sql', { 'data-only': true, ...flags });
    if (isCompressed) {
      await writeFile(`${data}.gz`, gzipSync(await readFile(data)));
      data = `${data}.gz`;
    }
    await query(stack, 'drop view app.first cascade; truncate app.everything; delete from auth.users');
    await restoreFiles(stack, schema, data);
    expect(await contentOf(stack)).toEqual(before);
    expect(await difference()).toEqual([]);
  });
});
