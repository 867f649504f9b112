import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive } from '../../plugin/stack/postgres/server-process.ts';
import { heartbeat, PUBLISHABLE_KEY, readItems } from '../helpers/api.ts';
import { secondServerArgs, startDevServer } from '../helpers/dev-server.ts';
import { installPackage } from '../helpers/installed-package.ts';
import { installVite } from '../helpers/installed-vite.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';

const FILES = {
  'package.json': '{ "type": "module" }',
  'index.html': '<!doctype html><title>Test</title><script type="module" src="/main.js"></script>',
  'main.js': 'console.log(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY);',
  'vite.config.js':
    "import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase({ backend: 'embedded' })] };\n",
  'supabase/config.toml': '[api]\nport = 1\nauto_expose_new_tables = true\n[db]\nport = 0\n',
  'supabase/migrations/1_items.sql': 'create table items (id int primary key);',
  'supabase/seed.sql': 'insert into items values (7);',
  '.env.production': `VITE_SUPABASE_URL=/\nVITE_SUPABASE_PUBLISHABLE_KEY=${PUBLISHABLE_KEY}\n`,
  // As a script or a test runner uses Vite: nothing but `close` ends the process.
  'programmatic.js': `
    import { createServer } from 'vite';
    const server = await createServer({ server: { port: 0 }, logLevel: 'error' });
    await server.listen();
    const { port } = server.httpServer.address();
    const headers = { apikey: '${PUBLISHABLE_KEY}' };
    const response = await fetch('http://localhost:' + port + '/rest/v1/items', { headers });
    process.stdout.write(await response.text());
    await fetch('http://localhost:' + port);
    const { url, env } = await server.ssrLoadModule('/server.js');
    process.stdout.write(String([url() === 'http://localhost:' + port, env().VITE_SUPABASE_URL === url()]));
    await server.close();
  `,
  'server.js':
    'export const url = () => import.meta.env.VITE_SUPABASE_URL;\nexport const env = () => import.meta.env;\n',
};

/** Tests the built package with each of these versions of Vite. */
export function testVersions(...versions: readonly string[]): void {
  describe.each(versions)('Vite %s', (version) => {
    let project: TestProject;
    let vite: string;

    beforeAll(async () => {
      const folder = await installVite(version);
      vite = join(folder, 'bin/vite.js');
      project = await makeProject(FILES);
      await installPackage(project.root, { vite: folder });
    }, 120_000);
    afterAll(() => project?.remove());

    const postgresPid = async (): Promise<number> => {
      const file = await readFile(join(project.root, '.supabase/postgres/postmaster.pid'), 'utf8');
      return Number(file.split('\n')[0]);
    };

    const runNode = async (
      ...args: string[]
    ): Promise<{ code: number | null; output: string; errors: string }> => {
      const { VITEST: _, NODE_ENV: __, ...env } = process.env;
      const child = spawn(process.execPath, args, { cwd: project.root, env, timeout: 30_000 });
      const [output, errors] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'exit'),
      ]);
      return { code: child.exitCode, output, errors };
    };

    test('serves the API on its own origin, over a restart and with a second server', async () => {
      await using server = await startDevServer(project.root, { vite });
      await server.waitForOutput(/Supabase:\s+embedded/);
      const module = await (await fetch(`${server.url}/main.js`)).text();
      expect(module).toContain(`"VITE_SUPABASE_PUBLISHABLE_KEY": "${PUBLISHABLE_KEY}"`);
      expect([await readItems(server.url), await heartbeat(server.url)]).toEqual([[{ id: 7 }], 'ok']);

      const pid = await postgresPid();
      await project.write('vite.config.js', `${FILES['vite.config.js']}// changed\n`);
      await server.waitForOutput(/server restarted/);
      expect([await readItems(server.url), await heartbeat(server.url)]).toEqual([[{ id: 7 }], 'ok']);
      expect(await postgresPid()).toBe(pid);

      const second = await startDevServer(project.root, { vite, args: secondServerArgs(version) });
      await second.waitForOutput(/shared with process/);
      expect([await readItems(second.url), await heartbeat(second.url)]).toEqual([[{ id: 7 }], 'ok']);
      await second.kill('SIGTERM');

      await server.kill('SIGINT');
      expect(isAlive(pid)).toBe(false);
    });

    test('renders on the server with the real origin, and ends when a script closes the server', async () => {
      expect(await runNode('programmatic.js')).toEqual({
        code: 0,
        output: '[{"id":7}]true,true',
        errors: '',
      });
    });

    test('builds, and previews the build with the API on the same origin', async () => {
      expect(await runNode(vite, 'build')).toMatchObject({ code: 0 });
      await using preview = await startDevServer(project.root, { vite, command: 'preview' });
      await preview.waitForOutput(/Supabase:\s+embedded/);
      const html = await (await fetch(preview.url)).text();
      const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
      const bundle = await (await fetch(preview.url + script)).text();
      expect(bundle).toContain(PUBLISHABLE_KEY);
      expect(bundle).toMatch(/globalThis\.location.*\.origin/);
      expect([await readItems(preview.url), await heartbeat(preview.url)]).toEqual([[{ id: 7 }], 'ok']);
      const pid = await postgresPid();
      await preview.kill('SIGTERM');
      expect(isAlive(pid)).toBe(false);
    });
  });
}
