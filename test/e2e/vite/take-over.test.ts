import { setTimeout as delay } from 'node:timers/promises';
import { version } from 'vite';
import { expect, test } from 'vitest';
import { PUBLISHABLE_KEY as KEY } from '../../helpers/api.ts';
import { secondServerArgs, startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import { findPostmasters } from '../../helpers/postmasters.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

// By hand: ROUNDS=500 npx vitest run test/e2e/vite/take-over.test.ts --project e2e
const ROUNDS = Number(process.env.ROUNDS ?? 2);
// On a machine that does nothing else; in the suite other tests run beside it.
const SERVED_AGAIN_MS = process.env.ROUNDS === undefined ? 15_000 : 3_000;

/** Milliseconds until the server answers with rows again. */
async function timeToServe({ url }: DevServer, since: number): Promise<number> {
  for (;;) {
    const status = await fetch(`${url}/rest/v1/items`, { headers: { apikey: KEY } }).then(
      (response) => response.status,
      () => 0,
    );
    const elapsed = performance.now() - since;
    if (status === 200 || elapsed > 60_000) return elapsed;
    await delay(20);
  }
}

test.skipIf(process.platform === 'win32')(
  `three dev servers, and the one that runs the stack is killed: the others serve on in each of ${ROUNDS} rounds`,
  { timeout: 60_000 + ROUNDS * 20_000 },
  async () => {
    const app = await makeViteProject({
      'supabase/migrations/1_items.sql':
        'create table items (id int primary key); grant select on items to anon;',
    });
    const serve = async (): Promise<DevServer> => {
      const server = await startDevServer(app.root, { args: secondServerArgs(version) });
      await server.waitForOutput(/Supabase:/, 60_000);
      return server;
    };
    let servers = [await serve(), await serve(), await serve()];
    const times: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const [owner] = await findPostmasters(app.root);
        const killed = servers.find(({ pid }) => pid === owner?.parent);
        const others = servers.filter((server) => server !== killed);
        const since = performance.now();
        await killed?.kill('SIGKILL');
        times.push(...(await Promise.all(others.map((server) => timeToServe(server, since)))));
        const parents = (await findPostmasters(app.root)).map(({ parent }) => parent);
        expect(parents).toHaveLength(1);
        expect(others.map(({ pid }) => pid)).toContain(parents[0]);
        servers = [...others, await serve()];
      }
    } finally {
      for (const server of servers) await server.kill('SIGTERM');
      await app.remove();
    }
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part: number): number => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0);
    process.stderr.write(`served again after ${at(0.5)} ms (p50), ${at(0.9)} ms (p90), ${at(1)} ms (max)\n`);
    expect(at(1)).toBeLessThan(SERVED_AGAIN_MS);
  },
);
