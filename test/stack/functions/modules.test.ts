import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;
let cache: string;

beforeAll(async () => {
  // An empty cache: nothing but what the function brings itself can be loaded.
  cache = await mkdtemp(join(tmpdir(), 'deno-dir-'));
  vi.stubEnv('DENO_DIR', cache);
  const answer = `Deno.serve(() => new Response('ok'));`;
  stack = await startFunctions(
    {
      direct: `import "jsr:@supabase/functions-js@2/edge-runtime.d.ts";\n${answer}`,
      mapped: `import "@supabase/functions-js/edge-runtime.d.ts";\nimport { text } from 'own';\nDeno.serve(() => new Response(text));`,
      commented: `import "@supabase/functions-js/edge-runtime.d.ts";\nimport { text } from 'own/text.ts';\nDeno.serve(() => new Response(text));`,
      legacymap: `import { text } from 'own';\nDeno.serve(() => new Response(text));`,
      fallback: `import { text } from 'everywhere';\nDeno.serve(() => new Response(text));`,
      builtin: `import { createHash } from 'node:crypto';\nimport { Buffer } from 'node:buffer';
        Deno.serve(() => new Response(createHash('md5').update(Buffer.from('a')).digest('hex')));`,
      files: `Deno.serve(async () => new Response(await Deno.readTextFile(new URL('./page.html', import.meta.url))));`,
      outside: `Deno.serve(async () => {
        const attempt = async (run: () => unknown) => { try { await run(); return 'allowed'; } catch (e) { return (e as Error).name; } };
        return Response.json({
          read: await attempt(() => Deno.readTextFile('/etc/hosts')),
          write: await attempt(() => Deno.writeTextFile('/etc/written-by-a-function', 'x')),
          run: await attempt(() => new Deno.Command('/bin/ls').output()),
          tmp: await attempt(async () => Deno.remove(await Deno.makeTempFile())),
        });
      });`,
      vars: `Deno.serve(() => Response.json(Deno.env.toObject()));`,
    },
    {
      'supabase/functions/mapped/deno.json': JSON.stringify({
        imports: { '@supabase/functions-js': 'jsr:@supabase/functions-js@^2', own: '../_shared/own/text.ts' },
      }),
      'supabase/functions/commented/deno.jsonc':
        '{ // why\n"imports": { "@supabase/functions-js": "jsr:@supabase/functions-js@^2", /* x */ "own/": "../_shared/own/", } }',
      'supabase/functions/legacymap/import_map.json': JSON.stringify({
        imports: { own: '../_shared/own/text.ts' },
      }),
      'supabase/functions/import_map.json': JSON.stringify({
        imports: { everywhere: './_shared/own/text.ts' },
      }),
      'supabase/functions/_shared/own/text.ts': `export const text = 'shared';`,
      'supabase/functions/files/page.html': '<p>static</p>',
      'supabase/functions/.env': 'GREETING="hello world"\nSUPABASE_URL=http://elsewhere\n',
    },
    {
      config: {
        edge_runtime: { secrets: { SECRET: 's3' } },
        functions: { vars: { env: { OWN: 'mine', SECRET: 'own wins' } } },
      },
    },
  );
});

afterAll(async () => {
  await stack.stop();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

test.each([
  ['direct', 'ok'],
  ['mapped', 'shared'],
  ['commented', 'shared'],
  ['legacymap', 'shared'],
  ['fallback', 'shared'],
  ['builtin', '0cc175b9c0f1b6a831c399e269772661'],
  ['files', '<p>static</p>'],
])('without a network, %s loads what it imports', async (slug, text) => {
  const response = await stack.call(slug);
  expect([response.status, await response.text()]).toEqual([200, text]);
});

test('a function reads its project’s functions, writes temporary files, and starts no programs', async () => {
  expect(await (await stack.call('outside')).json()).toEqual({
    read: 'NotCapable',
    write: 'NotCapable',
    run: 'NotCapable',
    tmp: 'allowed',
  });
});

test('a function has the stack’s variables, .env, secrets and its own, and nothing of this machine', async () => {
  vi.stubEnv('PRIVATE_TO_THE_SHELL', 'x');
  const seen = (await (await stack.call('vars')).json()) as Record<string, string>;
  expect(Object.keys(seen).toSorted()).toEqual([
    'GREETING',
    'OWN',
    'SECRET',
    'SUPABASE_ANON_KEY',
    'SUPABASE_DB_URL',
    'SUPABASE_FUNCTION_SLUG',
    'SUPABASE_JWKS',
    'SUPABASE_PUBLISHABLE_KEYS',
    'SUPABASE_SECRET_KEYS',
    'SUPABASE_SERVICE_ROLE_KEY',
    'SUPABASE_URL',
  ]);
  expect(seen).toMatchObject({
    GREETING: 'hello world',
    OWN: 'mine',
    SECRET: 'own wins',
    SUPABASE_URL: stack.url,
    SUPABASE_FUNCTION_SLUG: 'vars',
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: stack.publishableKey }),
  });
  expect(stack.lines.join('\n')).toContain('SUPABASE_URL is ignored');
});
