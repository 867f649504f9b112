import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { SIGNED_CERTIFICATE } from '../../helpers/certificate.ts';
import { type ModuleRegistry, startModuleRegistry } from '../../helpers/module-registry.ts';
import { startFunctionsService } from './start-service.ts';

// What Deno fetches, from registries on loopback; all else would go to a proxy that counts.

let registry: ModuleRegistry;
let cache: string;

beforeAll(async () => {
  registry = await startModuleRegistry();
  cache = await mkdtemp(join(tmpdir(), 'deno-dir-'));
});

afterEach(() => vi.unstubAllEnvs());

afterAll(async () => {
  registry.close();
  await rm(cache, { recursive: true, force: true });
});

function useRegistry(): void {
  vi.stubEnv('DENO_DIR', cache);
  vi.stubEnv('NPM_CONFIG_REGISTRY', registry.url);
  vi.stubEnv('JSR_URL', `${registry.url}/`);
  vi.stubEnv('NO_PROXY', '127.0.0.1,localhost');
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'])
    vi.stubEnv(name, registry.proxyUrl);
}

const all = (): Record<string, string> => ({
  all: `import "jsr:@supabase/functions-js@2/edge-runtime.d.ts";
    import { text as npm } from 'npm:tiny@1';
    import { text as jsr } from 'jsr:@tiny/mod@1';
    import { text as http } from '${registry.url}/mod.ts';
    Deno.serve(() => new Response([npm, jsr, http].join()));`,
});

test('imports are fetched once: with all of them in the cache, no start and no call touches the network', async () => {
  useRegistry();
  const first = await startFunctionsService(all());
  expect(await (await first.call('all')).text()).toBe('npm,jsr,http');
  expect(registry.hits).toEqual(
    expect.arrayContaining([
      'GET /tiny',
      'GET /tiny/-/tiny-1.0.0.tgz',
      'GET /@tiny/mod/1.0.0/mod.ts',
      'GET /mod.ts',
    ]),
  );
  registry.hits.length = 0;
  const second = await startFunctionsService(all());
  for (let call = 0; call < 3; call++) expect(await (await second.call('all')).text()).toBe('npm,jsr,http');
  expect(registry.hits).toEqual([]);
});

test('a network with a certificate of its own: the terminal says what to set, and with that it works', async () => {
  useRegistry();
  const secure = {
    secure: `import { text } from '${registry.secureUrl}/mod.ts';\nDeno.serve(() => new Response(text));`,
  };
  const unknown = await startFunctionsService(secure);
  expect((await unknown.call('secure')).status).toBe(503);
  expect(unknown.lines.join('\n')).toMatch(/What to do: .*NODE_EXTRA_CA_CERTS/);
  vi.stubEnv('NODE_EXTRA_CA_CERTS', SIGNED_CERTIFICATE.authority);
  const known = await startFunctionsService({
    ...secure,
    fetches: `Deno.serve(() => fetch('${registry.secureUrl}/mod.ts'));`,
  });
  expect(await (await known.call('secure')).text()).toBe('https');
  expect(await (await known.call('fetches')).text()).toContain('https');
});

test('a proxy is used for imports, and no variable of it reaches a call', async () => {
  useRegistry();
  vi.stubEnv('NO_PROXY', '');
  const { call, lines } = await startFunctionsService({
    far: `import { text } from 'http://modules.example/mod.ts';\nDeno.serve(() => new Response(text));`,
    vars: `Deno.serve(() => Response.json(Object.keys(Deno.env.toObject()).filter((name) => /proxy|cert|deno|npm/i.test(name))));`,
  });
  expect((await call('far')).status).toBe(503);
  expect(lines.join('\n')).toContain('modules.example');
  expect(registry.hits).toEqual(expect.arrayContaining(['GET http://modules.example/mod.ts']));
  expect(await (await call('vars')).json()).toEqual([]);
});
