import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

const page = (text: string): string => `Deno.serve(() => new Response('${text}'));`;

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions(
    {
      own: page('old'),
      shared: `import { text } from '../_shared/text.ts';\nDeno.serve(() => new Response(text));`,
      mapped: `import { text } from 'mapped';\nDeno.serve(() => new Response(text));`,
      env: `Deno.serve(() => new Response(Deno.env.get('GREETING') ?? 'none'));`,
      slow: `Deno.serve(async () => { console.log('in flight'); await new Promise((r) => setTimeout(r, 2_000)); return new Response('old'); });`,
      broken: page('old'),
      imported: `import { text } from '../../../packages/text.ts';\nDeno.serve(() => new Response(text));`,
      transitive: `import { text } from '../_shared/far.ts';\nDeno.serve(() => new Response(text));`,
      aliased: `import { text } from '@app/text.ts';\nDeno.serve(() => new Response(text));`,
      legacy: `import { text } from 'mapped';\nDeno.serve(() => new Response(text));`,
      data: `import data from '../../../packages/data.json' with { type: 'json' };\nDeno.serve(() => new Response(data.text));`,
    },
    {
      'supabase/functions/_shared/text.ts': `export const text: string = 'old';`,
      'supabase/functions/mapped/deno.json': JSON.stringify({ imports: { mapped: './old.ts' } }),
      'supabase/functions/mapped/old.ts': `export const text = 'old';`,
      'supabase/functions/mapped/new.ts': `export const text = 'new';`,
      'supabase/functions/legacy/import_map.json': JSON.stringify({
        imports: { mapped: '../mapped/old.ts' },
      }),
      // Modules of the app around it.
      'packages/text.ts': `export const text = 'old';`,
      'packages/data.json': '{ "text": "old" }',
      'supabase/functions/_shared/far.ts': `export { text } from '../../../packages/far.ts';`,
      'packages/far.ts': `export { text } from './deep/text.ts';`,
      'packages/deep/text.ts': `export const text = 'old';`,
      'supabase/functions/aliased/deno.json': JSON.stringify({ imports: { '@app/': '../../../lib/' } }),
      'lib/text.ts': `export const text = 'old';`,
      'edge/main.ts': page('old'),
      'edge/map.json': JSON.stringify({ imports: { mapped: '../lib/old.ts' } }),
      'edge/mapped.ts': `import { text } from 'mapped';\nDeno.serve(() => new Response(text));`,
      'lib/old.ts': `export const text = 'old';`,
      'lib/new.ts': `export const text = 'new';`,
    },
    {
      config: {
        functions: {
          elsewhere: { verify_jwt: false, entrypoint: '../edge/main.ts' },
          elsemap: { verify_jwt: false, entrypoint: '../edge/mapped.ts', import_map: '../edge/map.json' },
        },
      },
    },
  );
});

afterAll(() => stack.stop());

async function save(path: string, text: string): Promise<void> {
  const file = join(stack.root, 'supabase/functions', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const read = async (slug: string): Promise<string> => (await stack.call(slug)).text();

describe('after a save the next call is new', () => {
  test.each([
    ['own', 'own/index.ts', page('new')],
    ['shared', '_shared/text.ts', `export const text: string = 'new';`],
    ['mapped', 'mapped/deno.json', JSON.stringify({ imports: { mapped: './new.ts' } })],
    ['legacy', 'legacy/import_map.json', JSON.stringify({ imports: { mapped: '../mapped/new.ts' } })],
    ['env', '.env', 'GREETING=new\n'],
    ['imported', '../../packages/text.ts', `export const text = 'new';`],
    ['transitive', '../../packages/deep/text.ts', `export const text = 'new';`],
    ['aliased', '../../lib/text.ts', `export const text = 'new';`],
    ['data', '../../packages/data.json', '{ "text": "new" }'],
    ['elsewhere', '../../edge/main.ts', page('new')],
    ['elsemap', '../../edge/map.json', JSON.stringify({ imports: { mapped: '../lib/new.ts' } })],
  ])('%s: %s', async (slug, path, text) => {
    expect(await read(slug)).not.toBe('new');
    await save(path, text);
    expect(await read(slug)).toBe('new');
  });

  test('also where an editor puts a new file in place of a module outside the folder', async () => {
    const file = join(stack.root, 'packages/text.ts');
    await writeFile(`${file}~`, `export const text = 'newer';`);
    await rename(`${file}~`, file);
    expect(await read('imported')).toBe('newer');
  });

  test('also of a function that was added, renamed or removed', async () => {
    expect((await stack.call('added')).status).toBe(404);
    await save('added/index.ts', page('here'));
    await expect.poll(async () => (await stack.call('added', { method: 'OPTIONS' })).status).toBe(200);
    await rm(join(stack.root, 'supabase/functions/added'), { recursive: true });
    await expect.poll(async () => (await stack.call('added', { method: 'OPTIONS' })).status).toBe(404);
  });
});

test('a save loses no call in flight', async () => {
  expect(await read('slow')).toBe('old');
  const calls = Array.from({ length: 10 }, () => read('slow'));
  const inFlight = (): number => stack.lines.filter((line) => line.includes('in flight')).length;
  await expect.poll(inFlight, { timeout: 10_000 }).toBe(11);
  await save('slow/index.ts', page('new'));
  expect(await read('slow')).toBe('new');
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['old']));
});

test('saving an error shows it without a call, and its correction ends it', async () => {
  expect(await read('broken')).toBe('old');
  await save('broken/index.ts', 'Deno.serve(() => new Response(;');
  await stack.printed(/The function "broken" does not start/);
  await stack.printed(/broken\/index\.ts:1:\d+/);
  expect((await stack.call('broken')).status).toBe(503);
  await save('broken/index.ts', page('mended'));
  await stack.printed(/The function "broken" starts again/i);
  expect(await read('broken')).toBe('mended');
});

// `deno check` takes half a second of CPU time, much more of a busy machine's.
test(
  'saving a type error reports it with its place, while the function runs',
  { timeout: 90_000 },
  async () => {
    await read('own');
    await save(
      'own/index.ts',
      `const text: number = 'typed';\nDeno.serve(() => new Response(text as never));`,
    );
    expect(await read('own')).toBe('typed');
    expect(await stack.printed(/has a type error/)).toMatch(/Type 'string' is not assignable.*TS2322/);
    expect(await stack.printed(/own\/index\.ts:1:7/)).toContain('own');
    await save(
      'own/index.ts',
      `const text = 'typed';\nEdgeRuntime.waitUntil(Promise.resolve());\nDeno.serve(() => new Response(text));`,
    );
    await stack.printed(/types of the function "own" are right again/);
  },
);
