import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../../../plugin/start-stack.ts';
import { makeProject } from '../../helpers/project.ts';
import { collector, watchTable } from '../../helpers/realtime/client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const MIGRATION = `
create table public.items (id int primary key, name text);
alter publication supabase_realtime add table public.items;
`;
const SLOT = 'supabase_realtime_replication_slot';

let stack: TestStack;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'realtime-data-'));
  // PostgreSQL does not run as root; its user needs access.
  await chmod(dataDir, 0o755);
  stack = await startTestStack({ 'supabase/migrations/1_items.sql': MIGRATION }, { dataDir });
});

afterAll(async () => {
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs SQL on a new connection; retries while the server is starting. */
async function sql(text: string, url: string = stack.dbUrl): Promise<pg.QueryResult> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client(url);
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.query(text);
    } catch (error) {
      const isDown = error instanceof Error && 'code' in error && /^(57P|ECONN)/.test(String(error.code));
      if (!isDown || attempt === 200) throw error;
      await delay(25);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function asSuperuser(text: string): Promise<void> {
  const password = await readFile(join(dataDir, 'postgres.password'), 'utf8');
  await sql(text, stack.dbUrl.replace('postgres:postgres@', `supabase_admin:${password.trim()}@`));
}

function ids(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

async function insert(from: number, count: number): Promise<void> {
  await sql(`insert into items select i, 'item' from generate_series(${from}, ${from + count - 1}) i`);
}

describe('the live feed', () => {
  test('loses and repeats nothing when the replication backend is killed', async () => {
    const changes = await watchTable(stack.client(), 'items');
    const received: unknown[] = [];
    for (let round = 0; round < 5; round++) {
      await insert(1000 + round * 20, 20);
      await asSuperuser(
        `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${SLOT}'`,
      );
    }
    await insert(1100, 1);
    while (received.at(-1) !== 1100) received.push((await changes.next()).new.id);
    expect(received).toEqual(ids(1000, 101));
  });

  test('continues after PostgreSQL was killed', async () => {
    const changes = await watchTable(stack.client(), 'items');
    await insert(2000, 50);
    const { rows } = await sql('show data_directory');
    const pidFile = await readFile(join(rows[0].data_directory, 'postmaster.pid'), 'utf8');
    process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL');
    await insert(2050, 50);
    const received: unknown[] = [];
    while (received.at(-1) !== 2099) received.push((await changes.next()).new.id);
    expect(received).toEqual(ids(2000, 100));
  });

  test('follows a table that is altered between inserts', async () => {
    const changes = await watchTable(stack.client(), 'items');
    const statements = [
      `insert into items values (3000, 'before')`,
      'alter table items add column size int default 3',
      `insert into items values (3001, 'after', 5)`,
      'alter table items drop column name',
      'insert into items values (3002, 7)',
      'alter table items drop column size, add column name text',
      `insert into items values (3003, 'again')`,
    ];
    const rows = [];
    for (const statement of statements) {
      await sql(statement);
      if (statement.startsWith('insert')) rows.push((await changes.next()).new);
    }
    expect(rows).toEqual([
      { id: 3000, name: 'before' },
      { id: 3001, name: 'after', size: 5 },
      { id: 3002, size: 7 },
      { id: 3003, name: 'again' },
    ]);
  });

  test('watches tables as soon as they are added to the publication', async () => {
    const changes = collector<unknown>();
    const ready = collector<unknown>();
    stack
      .client()
      .channel('all')
      .on('postgres_changes', { event: '*', schema: 'public' }, (change) => changes.add(change.new))
      .on('system', {}, (message: unknown) => ready.add(message))
      .subscribe();
    await ready.next();
    await sql(`create table public.added (id int primary key);
      insert into added values (1);
      alter publication supabase_realtime add table public.added;
      insert into added values (2);
      alter publication supabase_realtime drop table public.added;
      insert into added values (3);
      insert into items values (4000, 'last')`);
    expect(await changes.next()).toEqual({ id: 2 });
    expect(await changes.next()).toMatchObject({ id: 4000 });
  });

  test('makes clients rejoin when the publication is dropped and recreated', async () => {
    const changes = collector<unknown>();
    const states = collector<unknown>();
    stack
      .client()
      .channel('recreated')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'items' }, (change) =>
        changes.add(change.new),
      )
      .on('system', {}, (message: { message: string }) => states.add(message.message))
      .subscribe();
    expect(await states.next()).toBe('Subscribed to PostgreSQL');
    await sql(`drop publication supabase_realtime`);
    await sql(`insert into items values (5000, 'unpublished')`);
    await sql(`create publication supabase_realtime for table items`);
    expect(await states.next()).toBe('Subscribed to PostgreSQL');
    await sql(`insert into items values (5001, 'published')`);
    expect(await changes.next()).toMatchObject({ id: 5001 });
  });

  test('makes clients rejoin when its slot is gone', async () => {
    const states = collector<unknown>();
    const changes = collector<unknown>();
    stack
      .client()
      .channel('gap')
      .on('postgres_changes', { event: '*', schema: 'public', table: 'items' }, (change) =>
        changes.add(change.new),
      )
      .on('system', {}, (message: { message: string }) => states.add(message.message))
      .subscribe();
    expect(await states.next()).toBe('Subscribed to PostgreSQL');
    // In a tight loop: Realtime reconnects 50 ms after its backend ended.
    await asSuperuser(`do $$ begin
      for attempt in 1 .. 5000 loop
        perform pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${SLOT}' and active;
        begin
          perform pg_drop_replication_slot('${SLOT}');
          exit;
        exception when object_in_use then perform pg_sleep(0.002);
        end;
      end loop;
    end $$`);
    expect(await states.next()).toBe('Subscribed to PostgreSQL');
    await sql(`insert into items values (6000, 'after the gap')`);
    expect(await changes.next()).toMatchObject({ id: 6000 });
  });
});

describe('replication slots', () => {
  test('do not exist before the first subscriber, and a leftover of a crash is dropped at the start', async () => {
    await using project = await makeProject({ 'supabase/migrations/1_items.sql': MIGRATION });
    const slots = 'select slot_name from pg_replication_slots';
    const first = await startStack({ root: project.root, port: 0, dbPort: 0 });
    expect((await sql(slots, first.dbUrl)).rows).toEqual([]);
    // Like the leftover of a killed process.
    await sql(`select pg_create_logical_replication_slot('${SLOT}', 'pgoutput')`, first.dbUrl);
    await first.stop();
    await using second = await startStack({ root: project.root, port: 0, dbPort: 0 });
    await expect.poll(async () => (await sql(slots, second.dbUrl)).rows).toEqual([]);
  });
});
