import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStudioServer, type StudioServer } from './studio-server.ts';

const SQL = `
create extension pg_cron;
create extension pgmq;
create table ticks (n int);
select cron.schedule('tick', '0 3 * * 1', 'insert into ticks values (1)');
select cron.schedule('broken', '30 seconds', 'begin; set role anon; select 1/0');
select pgmq.create('Tasks');
create table orders (id int);
create trigger "on order" after insert on orders for each row
  execute function supabase_functions.http_request('http://127.0.0.1:4/hook', 'POST', '{}', '{}', '1000');`;

interface Job {
  readonly id: string;
  readonly isActive: boolean;
  readonly nextAt?: number;
  readonly runs: readonly { readonly status: string; readonly message: string }[];
}

let studio: StudioServer;

beforeAll(async () => {
  studio = await startStudioServer({ 'supabase/migrations/1_jobs.sql': SQL });
});

afterAll(async () => {
  await studio[Symbol.asyncDispose]();
});

const jobs = async (): Promise<Job[]> => (await studio.read('cron')) as Job[];

test('the pages that have something to show', async () => {
  expect(await studio.read('pages')).toEqual(['cron', 'queues', 'webhooks']);
});

test('jobs run now, with their run beside the others, and are paused', async () => {
  const [tick, broken] = await jobs();
  expect(new Date(tick?.nextAt ?? 0).getUTCDay()).toBe(1);
  expect(await studio.change('cron-run', { id: tick?.id })).toEqual({
    status: 'succeeded',
    message: 'INSERT 1',
  });
  await studio.change('cron-run', { id: broken?.id });
  await studio.change('cron-pause', { id: tick?.id, isActive: false });
  const [after, failed] = await jobs();
  expect(after).toMatchObject({ isActive: false, runs: [{ status: 'succeeded', message: 'INSERT 1' }] });
  expect(after?.nextAt).toBeUndefined();
  expect(failed?.runs[0]).toMatchObject({ status: 'failed', message: 'ERROR: division by zero' });
  await studio.change('cron-pause', { id: tick?.id, isActive: true });
  expect((await jobs())[0]?.isActive).toBe(true);
  expect(await studio.change('cron-run', { id: 99 })).toEqual({ message: 'There is no such job' });
});

test('messages are sent, seen without being read, archived and deleted', async () => {
  const peek = async (more = '') =>
    (await studio.read(`queue?name=Tasks${more}`)) as { id: string; reads: number }[];
  await studio.change('queue-send', { name: 'Tasks', message: '{"a": [1]}', delay: 0 });
  await studio.change('queue-send', { name: 'Tasks', message: '"later"', delay: 60 });
  expect(await studio.change('queue-send', { name: 'Tasks', message: '{' })).toEqual({
    message: 'The message is not JSON',
  });
  expect(await studio.read('queues')).toMatchObject([{ name: 'Tasks', length: 2, total: '2' }]);
  expect(await peek()).toMatchObject([
    { id: '1', reads: 0, enqueuedAt: expect.any(Number) as unknown, message: '{"a": [1]}', isHidden: false },
    { id: '2', reads: 0, message: '"later"', isHidden: true },
  ]);
  await studio.change('queue-archive', { name: 'Tasks', id: '1' });
  await studio.change('queue-delete', { name: 'Tasks', id: '2' });
  expect(await peek()).toEqual([]);
  expect((await peek('&archive=true')).map(({ id }) => id)).toEqual(['1']);
  expect(await studio.read('queue?name=q"; drop table orders; --')).toMatchObject({
    message: expect.anything(),
  });
});

test('webhooks show what they send where, and what was answered', async () => {
  await studio.stack.client().from('orders').insert({ id: 1 });
  await studio.change('row-insert', {
    schema: 'public',
    name: 'orders',
    as: 'postgres',
    values: { id: '2' },
  });
  const read = async () =>
    (await studio.read('webhooks')) as { hooks: object[]; responses: { error: string | null }[] };
  await expect
    .poll(async () => (await read()).responses.length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2);
  const { hooks, responses } = await read();
  expect(hooks).toMatchObject([
    { name: 'on order', table: 'public.orders', url: 'http://127.0.0.1:4/hook', method: 'POST' },
  ]);
  expect(responses).toContainEqual(
    expect.objectContaining({ hook: 'on order', status: null, error: "Couldn't connect to server" }),
  );
});
