import { readFile, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpData } from '../../../plugin/stack/postgres/dump/dump-data.ts';
import type { TestStack } from '../../helpers/stack.ts';
import { query } from '../databases/helpers.ts';
import { contentOf, ReachableStack } from './helpers.ts';

const SCHEMA = new URL('../../fixtures/dump/nasty-schema.sql', import.meta.url);
let reached: ReachableStack;
let stack: TestStack;

beforeAll(async () => {
  reached = await ReachableStack.start({ 'supabase/migrations/1_nasty.sql': await readFile(SCHEMA, 'utf8') });
  stack = reached.stack;
  await stack.client(stack.secretKey).auth.admin.createUser({ email: 'a@b.c', password: 'secret-1' });
});
afterAll(() => reached.stop());

describe('schema and rows come back as they were', () => {
  test.each([
    ['INSERT', {}, false],
    ['COPY, compressed', { 'use-copy': true }, true],
  ])('as %s', { timeout: 120_000 }, async (_, flags, isCompressed) => {
    const before = await contentOf(stack);
    const schema = await reached.dump('schema.sql');
    let data = await reached.dump('data.sql', { 'data-only': true, ...flags });
    if (isCompressed) {
      await writeFile(`${data}.gz`, gzipSync(await readFile(data)));
      data = `${data}.gz`;
    }
    await query(stack, 'drop view app.first cascade; truncate app.everything; delete from auth.users');
    // It compares the schemas: the result is that of the migration.
    expect(await reached.request('restore', { files: [schema, data] })).toMatchObject({
      recorded: ['1'],
      differs: false,
      extensions: [],
      tables: [],
      columns: [],
    });
    expect(await contentOf(stack)).toEqual(before);
    expect(await reached.request('migration list')).toMatchObject([{ version: '1', state: 'applied' }]);
  });
});

test('rows are not mixed up when the reader is slow', async () => {
  const options = { schemas: ['app'], exclude: [], useCopy: true };
  const read = async (isSlow: boolean): Promise<string> => {
    const rows = new PassThrough({ highWaterMark: isSlow ? 1 : 2 ** 24 });
    const dumped = dumpData({ connectionString: stack.dbUrl }, options, rows).then(() => rows.end());
    const chunks: Buffer[] = [];
    for await (const chunk of rows) {
      if (isSlow) await setImmediate();
      chunks.push(chunk as Buffer);
    }
    await dumped;
    return Buffer.concat(chunks).toString();
  };
  expect(await read(true)).toBe(await read(false));
});
