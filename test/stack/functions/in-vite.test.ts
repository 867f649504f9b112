import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startDevServer } from '../../helpers/dev-server.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

interface HmrMessage {
  readonly type: string;
  readonly err?: { message: string; id: string; frame: string; loc: { line: number } };
}

/** Vite's own socket, over which pages learn what to show. */
async function hmrMessages(url: string): Promise<{ next(type: string): Promise<HmrMessage> }> {
  const token = /wsToken = "([^"]+)"/.exec(await (await fetch(`${url}/@vite/client`)).text())?.[1] ?? '';
  const socket = new WebSocket(`${url.replace('http', 'ws')}/?token=${token}`, 'vite-hmr');
  onTestEnd(() => socket.terminate());
  const messages: HmrMessage[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(String(data)) as HmrMessage));
  await once(socket, 'open');
  return {
    async next(type) {
      for (;;) {
        const at = messages.findIndex((message) => message.type === type);
        const found = messages[at];
        if (found) {
          messages.splice(0, at + 1);
          return found;
        }
        await once(socket, 'message');
      }
    },
  };
}

test('an error that is saved is shown over the page, with file, line and frame, until it is corrected', async () => {
  const good = `Deno.serve(() => { console.log('from the function'); return new Response('good'); });`;
  const project = await makeViteProject({
    'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 0\n[functions.one]\nverify_jwt = false\n',
    'supabase/functions/one/index.ts': good,
  });
  onTestEnd(() => project.remove());
  const server = await startDevServer(project.root);
  onTestEnd(() => server.kill('SIGTERM'));
  expect(await (await fetch(`${server.url}/functions/v1/one`)).text()).toBe('good');
  await server.waitForOutput(/\[one\] GET \/one: from the function/);

  const hmr = await hmrMessages(server.url);
  await project.write('supabase/functions/one/index.ts', `const a = 1;\nDeno.serve(() => ;`);
  const { err } = await hmr.next('error');
  expect(err).toMatchObject({ message: expect.stringContaining('"one" does not start'), loc: { line: 2 } });
  expect(err?.frame).toContain('Deno.serve(() => ;');
  await server.waitForOutput(/one\/index\.ts:2:\d+/);

  await project.write('supabase/functions/one/index.ts', good);
  await hmr.next('full-reload');
  expect(await (await fetch(`${server.url}/functions/v1/one`)).text()).toBe('good');
});

test('an error of a function is also shown where the stack has started at a second attempt only', async () => {
  const project = await makeViteProject({
    'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 0\n[functions.one]\nverify_jwt = false\n',
    'supabase/migrations/1_a.sql': 'create tabel a ();',
    'supabase/functions/one/index.ts': `Deno.serve(() => ;`,
  });
  onTestEnd(() => project.remove());
  const server = await startDevServer(project.root);
  onTestEnd(() => server.kill('SIGTERM'));
  await server.waitForOutput(/MIGRATION_FAILED/, 60_000);
  const hmr = await hmrMessages(server.url);
  await project.write('supabase/migrations/1_a.sql', 'create table a ();');
  await hmr.next('full-reload');
  expect((await fetch(`${server.url}/functions/v1/one`)).status).toBe(503);
  expect((await hmr.next('error')).err?.message).toContain('"one" does not start');
});

test('with inspect, a debugger can connect to a function', async () => {
  const project = await makeViteProject(
    {
      'supabase/config.toml':
        '[api]\nport = 1\n[db]\nport = 0\n[edge_runtime]\ninspector_port = 18083\n[functions.one]\nverify_jwt = false\n',
      'supabase/functions/one/index.ts': `Deno.serve(() => new Response('debugged'));`,
    },
    '{ embedded: { functions: { inspect: true } } }',
  );
  onTestEnd(() => project.remove());
  const server = await startDevServer(project.root);
  onTestEnd(() => server.kill('SIGTERM'));
  expect(await (await fetch(`${server.url}/functions/v1/one`)).text()).toBe('debugged');
  const [target] = (await (await fetch('http://127.0.0.1:18083/json')).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  expect(target?.webSocketDebuggerUrl).toMatch(/^ws:/);
});
