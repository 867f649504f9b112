import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { PUBLISHABLE_KEY as KEY } from '../../helpers/api.ts';
import { startDevServer, type DevServer } from '../../helpers/dev-server.ts';
import { findBackends, findPostmasters } from '../../helpers/postmasters.ts';
import type { TestProject } from '../../helpers/project.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';
import { Writers } from '../../helpers/writers.ts';

// By hand: KILLS=200 npx vitest run test/e2e/vite/chaos.test.ts --project e2e
const KILLS = Number(process.env.KILLS ?? 4);

const SCHEMA = `
  create table items (id uuid primary key);
  grant insert, select on items to anon;
  insert into storage.buckets (id, name, public) values ('files', 'files', true);
  create policy upload on storage.objects for all to anon using (bucket_id = 'files') with check (bucket_id = 'files');
`;

/** A project whose dev server is killed and started again. */
class Victim {
  readonly app: TestProject;
  readonly writers = new Writers();
  migrations = 0;
  server: DevServer;

  constructor(app: TestProject, server: DevServer) {
    this.app = app;
    this.server = server;
    this.writers.url = server.url;
  }

  async restart(): Promise<void> {
    await this.server.kill('SIGKILL');
    this.server = await startDevServer(this.app.root);
    this.writers.url = this.server.url;
  }

  async postmaster(): Promise<number> {
    const [found] = await findPostmasters(this.app.root);
    return found?.pid ?? 0;
  }

  /** The status of a request that reads a row; the text of the error when there is no answer. */
  read(): Promise<unknown> {
    const url = `${this.server.url}/rest/v1/items?limit=1`;
    return fetch(url, { headers: { apikey: KEY } }).then(({ status }) => status, String);
  }
}

function kill(pid: number | undefined): void {
  try {
    if (pid) process.kill(pid, 'SIGKILL');
  } catch {
    // A connection that ended by itself.
  }
}

/** Each kills one kind of process, and returns when the dev server should work again. */
const KINDS: readonly ((victim: Victim) => Promise<void>)[] = [
  (victim) => victim.restart(),
  async (victim) => {
    kill(await victim.postmaster());
  },
  async (victim) => {
    const backends = await findBackends(await victim.postmaster());
    kill(backends[randomInt(Math.max(1, backends.length))]);
  },
  async (victim) => {
    await victim.server.kill('SIGKILL');
    const version = ++victim.migrations + 1;
    const inserts = Array.from({ length: 50 }, (_, id) => `insert into m${version} values (${id});`).join(
      '\n',
    );
    await victim.app.write(
      `supabase/migrations/${version}_more.sql`,
      `create table m${version} (id int);\n${inserts}\ncreate table m${version}_end ();`,
    );
    const start = startDevServer(victim.app.root, {
      onSpawn: (child) => void delay(randomInt(2_500)).then(() => child.kill('SIGKILL')),
    });
    victim.server = await start.catch(() => victim.server);
    await victim.restart();
  },
];

test.skipIf(process.platform === 'win32')(
  `nothing that was acknowledged is lost over ${KILLS} kill -9 at random moments, and no migration is half done`,
  { timeout: 120_000 + KILLS * 30_000 },
  async () => {
    const app = await makeViteProject({ 'supabase/migrations/1_items.sql': SCHEMA });
    const victim = new Victim(app, await startDevServer(app.root));
    const { writers } = victim;
    try {
      writers.start();
      for (let count = 0; count < KILLS; count++) {
        await delay(randomInt(1_000));
        await KINDS[count % KINDS.length]?.(victim);
        // Connections of a killed server may live a moment longer than it.
        await expect.poll(() => findPostmasters(app.root), { timeout: 60_000 }).toHaveLength(1);
        await expect.poll(() => victim.read(), { timeout: 60_000 }).toBe(200);
      }
      await writers.stop();
      const { rows, objects, users } = writers;
      process.stderr.write(
        `${KILLS} kills: ${rows.length} rows, ${objects.size} objects, ${users.length} users, ${victim.migrations} migrations\n`,
      );
      expect(await findLosses(victim)).toEqual({ rows: [], users: [], objects: [], halfMigrations: [] });
    } finally {
      await writers.stop();
      await victim.server.kill('SIGTERM');
      await app.remove();
    }
  },
);

async function findLosses({ server, writers, migrations }: Victim): Promise<Record<string, unknown[]>> {
  const [, dbUrl] = await server.waitForOutput(/PostgreSQL:\s+(postgresql:\S+)/);
  const client = new pg.Client(dbUrl);
  await client.connect();
  const values = async (sql: string): Promise<Set<unknown>> =>
    new Set((await client.query<{ value: unknown }>(sql)).rows.map(({ value }) => value));
  try {
    const rows = await values('select id::text as value from items');
    const users = await values('select email as value from auth.users');
    const halfMigrations: number[] = [];
    for (let version = 2; version <= migrations + 1; version++) {
      const counted = await values(
        `select count(*)::int + (select count(*)::int from pg_class where relname = 'm${version}_end') as value from m${version}`,
      ).catch(() => new Set());
      if (!counted.has(51)) halfMigrations.push(version);
    }
    const objects: string[] = [];
    for (const [name, hash] of writers.objects) {
      const response = await fetch(`${server.url}/storage/v1/object/public/files/${name}`);
      const content = Buffer.from(await response.arrayBuffer());
      if (createHash('sha256').update(content).digest('hex') !== hash) objects.push(name);
    }
    return {
      rows: writers.rows.filter((id) => !rows.has(id)),
      users: writers.users.filter((email) => !users.has(email)),
      objects,
      halfMigrations,
    };
  } finally {
    await client.end();
  }
}
