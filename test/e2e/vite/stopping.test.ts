import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PUBLISHABLE_KEY as KEY } from '../../helpers/api.ts';
import { startDevServer } from '../../helpers/dev-server.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

test('Ctrl-C with pages open prints nothing that looks like a fault', async () => {
  const project = await makeViteProject({
    'supabase/migrations/1_items.sql':
      'create table items (id int primary key); grant select on items to anon;',
  });
  onTestEnd(() => project.remove());
  for (let stop = 0; stop < 4; stop += 1) {
    const server = await startDevServer(project.root);
    const page = { isOpen: true };
    // What pages do all the time: requests, the inbox's waiting one, sockets that connect again.
    const ask = async (path: string): Promise<void> => {
      while (page.isOpen) {
        await fetch(`${server.url}${path}`, { headers: { apikey: KEY } })
          .then((answer) => answer.text())
          .catch(() => {});
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const connect = async (): Promise<void> => {
      while (page.isOpen) {
        const url = `${server.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${KEY}&vsn=1.0.0`;
        const socket = new WebSocket(url);
        await new Promise((resolve) => socket.on('error', () => {}).once('close', resolve));
      }
    };
    const pages = [
      ask('/rest/v1/items'),
      ask('/auth/v1/settings'),
      ask('/storage/v1/bucket'),
      ask('/__supabase/mail/api/v1/wait?timeout=500'),
      connect(),
    ];
    await server.waitForOutput(/Supabase:\s+embedded/);
    await fetch(`${server.url}/rest/v1/items`, { headers: { apikey: KEY } });
    const before = server.output().length;
    await server.kill('SIGINT');
    page.isOpen = false;
    await Promise.all(pages);
    const printed = server.output().slice(before).replace('[the process has ended]', '');
    expect(printed).not.toMatch(/undefined|fail|error|did not|cannot|unhandled/i);
  }
});
