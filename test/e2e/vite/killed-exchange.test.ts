import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startDevServer } from '../../helpers/dev-server.ts';
import { findPostmasters } from '../../helpers/postmasters.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';

// By hand: KILLS=50 npx vitest run test/e2e/vite/killed-exchange.test.ts --project e2e
const KILLS = Number(process.env.KILLS ?? 3);

const FILE = 'supabase/migrations/1_items.sql';
const table = (column: string): string => `create table items (id int primary key, ${column} text);`;

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test.skipIf(process.platform === 'win32')(
  'kill -9 of everything at any moment of an exchange leaves a whole database',
  { timeout: 60_000 + KILLS * 30_000 },
  async () => {
    await using app = await makeViteProject({ [FILE]: table('c0') });
    let rows = 0;
    for (let round = 1; round <= KILLS; round++) {
      await using server = await startDevServer(app.root);
      const [, url = ''] = await server.waitForOutput(/PostgreSQL:\s+(\S+)/);
      const found = await query(url, 'select id from items order by id');
      expect(found).toHaveLength(rows);
      const columns = await query(
        url,
        `select attname from pg_attribute where attrelid = 'items'::regclass and attnum = 2 or attrelid = 'items'::regclass and attnum = 3 and attisdropped`,
      );
      expect(columns[0]?.attname).toMatch(/^c\d+$/);
      rows += 1;
      await query(url, `insert into items (id) values (${round})`);
      await app.write(FILE, table(`c${round}`));
      // From the beginning of the build to after the exchange.
      await delay(Math.random() * 1_500);
      const [postmaster] = await findPostmasters(app.root);
      if (postmaster) process.kill(postmaster.pid, 'SIGKILL');
      if (round % 2 === 0) await delay(Math.random() * 100);
      await server.kill('SIGKILL');
    }
    await using server = await startDevServer(app.root);
    const [, url = ''] = await server.waitForOutput(/PostgreSQL:\s+(\S+)/);
    expect(await query(url, 'select count(*)::int as rows from items')).toEqual([{ rows }]);
    await app.write(FILE, table('final'));
    await server.waitForOutput(/built the database again/);
    expect(await query(url, 'select count(final)::int as finals, count(*)::int as rows from items')).toEqual([
      { finals: 0, rows },
    ]);
  },
);
