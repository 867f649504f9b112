import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// pg_net, database webhooks and pg_cron, by their public behaviour.

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let stack: TestStack;
let client: pg.Client;
let origin: string;
const received: Received[] = [];
const server = createServer((req, res) => {
  let body = '';
  req.on('data', (chunk: Buffer) => (body += chunk.toString()));
  req.on('end', () => {
    received.push({ method: req.method, url: req.url, headers: req.headers, body });
    server.emit('received');
    if (req.url !== '/never') res.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}');
  });
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stack = await startTestStack({
    'supabase/migrations/1_a.sql': `
      create extension if not exists pg_net with schema extensions;
      create extension if not exists pg_cron with schema extensions;
      grant usage on schema cron to postgres;
      create table items (id int primary key, note text);
      create table ticks (at timestamptz default now());
      insert into items values (1, 'first');
      create trigger hook after insert or update on items for each row execute function
        supabase_functions.http_request('${origin}/webhook', 'POST', '{"x-hook":"yes","Content-Type":"application/json"}', '{"a":"b c"}', '1000');`,
  });
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
  server.closeAllConnections();
  server.close();
});

async function rows(sql: string): Promise<Record<string, unknown>[]> {
  return (await client.query<Record<string, unknown>>(sql)).rows;
}

/** The response that pg_net stores for a request. */
async function storedResponse(id: unknown): Promise<Record<string, unknown>> {
  let found: Record<string, unknown>[] = [];
  await expect
    .poll(
      async () => {
        found = await rows(
          `select status_code, content_type, content, timed_out, error_msg from net._http_response where id = ${String(id)}`,
        );
        return found.length;
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  return found[0] ?? {};
}

async function request(sql: string): Promise<Record<string, unknown>> {
  const [row] = await rows(`select ${sql} as id`);
  return storedResponse(row?.id);
}

describe('pg_net', () => {
  test('posts JSON and stores the response', async () => {
    expect(
      await request(
        `net.http_post(url := '${origin}/post', body := '{"id": 1}'::jsonb, params := '{"q": "ä b"}', headers := '{"x-a": "b"}')`,
      ),
    ).toEqual({
      status_code: 201,
      content_type: 'application/json',
      content: '{"ok":true}',
      timed_out: false,
      error_msg: null,
    });
    expect(received.at(-1)).toMatchObject({
      method: 'POST',
      url: '/post?q=%C3%A4%20b',
      body: '{"id": 1}',
      headers: { 'x-a': 'b', 'content-type': 'application/json' },
    });
  });

  test('sends after commit, and nothing after rollback', async () => {
    await rows(`begin; select net.http_get('${origin}/rolled-back'); rollback`);
    await rows('begin');
    const [row] = await rows(`select net.http_get('${origin}/committed') as id`);
    expect(await rows(`select id from net._http_response where id = ${String(row?.id)}`)).toEqual([]);
    await rows('commit');
    await storedResponse(row?.id);
    expect(received.map(({ url }) => url)).toContain('/committed');
    expect(received.map(({ url }) => url)).not.toContain('/rolled-back');
  });

  test.each([
    ['a closed port', `net.http_get('http://127.0.0.1:59999/')`, { error_msg: "Couldn't connect to server" }],
    ['no URL', `net.http_get('nonsense')`, { status_code: null, error_msg: expect.any(String) as unknown }],
  ])('says why a request failed: %s', async (_title, sql, expected) => {
    expect(await request(sql)).toMatchObject(expected);
  });

  test('gives up after the timeout', async () => {
    expect(await request(`net.http_delete('${origin}/never', timeout_milliseconds := 100)`)).toMatchObject({
      status_code: null,
      timed_out: true,
      error_msg: expect.stringContaining('Timeout of 100 ms reached') as unknown,
    });
  });

  test('reaches the stack by the names it has in the CLI’s containers', async () => {
    const headers = `jsonb_build_object('apikey', '${stack.secretKey}')`;
    expect(
      await request(
        `net.http_get('http://kong:8000/rest/v1/items?id=eq.1&select=note', headers := ${headers})`,
      ),
    ).toMatchObject({ status_code: 200, content: '[{"note":"first"}]' });
  });

  test('collects a response', async () => {
    const [row] = await rows(`select net.http_get('${origin}/collect') as id`);
    await storedResponse(row?.id);
    expect(
      await rows(
        `select r.status::text, (r.response).status_code from net._http_collect_response(${String(row?.id)}, false) r`,
      ),
    ).toEqual([{ status: 'SUCCESS', status_code: 201 }]);
  });

  test('refuses another content type, and writes into the queue past the functions', async () => {
    await expect(
      rows(`select net.http_post('${origin}', headers := '{"content-type": "text/plain"}')`),
    ).rejects.toThrow('Content-Type header must be "application/json"');
    await expect(
      rows(`insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', 'x', 1)`),
    ).rejects.toThrow('permission denied');
    await expect(rows(`select net._enqueue('GET', 'x', null, null, null, 1)`)).rejects.toThrow(
      'permission denied',
    );
  });
});

test('a database webhook sends the row', async () => {
  await rows(`insert into items values (2, 'second')`);
  await expect
    .poll(() => received.find(({ url }) => url?.startsWith('/webhook')), { timeout: 10_000 })
    .toBeTruthy();
  const hook = received.find(({ url }) => url?.startsWith('/webhook'));
  expect(hook).toMatchObject({ method: 'POST', url: '/webhook?a=b%20c', headers: { 'x-hook': 'yes' } });
  expect(JSON.parse(hook?.body ?? '')).toEqual({
    type: 'INSERT',
    table: 'items',
    schema: 'public',
    record: { id: 2, note: 'second' },
    old_record: null,
  });
  expect(
    await rows('select hook_name, request_id is not null as sent from supabase_functions.hooks'),
  ).toEqual([{ hook_name: 'hook', sent: true }]);
});

describe('pg_cron', () => {
  test('runs a job every second until it is unscheduled', async () => {
    await rows(`select cron.schedule('tick', '1 second', $$insert into public.ticks default values$$)`);
    onTestEnd(() => rows('delete from public.ticks'));
    await expect
      .poll(() => rows('select count(*)::int from public.ticks'), { timeout: 10_000 })
      .not.toEqual([{ count: 0 }]);
    await expect
      .poll(
        () =>
          rows(
            `select d.status, d.return_message, d.username, d.job_pid > 0 as has_pid, d.end_time >= d.start_time as ordered
             from cron.job_run_details d join cron.job j using (jobid) where jobname = 'tick' and status = 'succeeded' limit 1`,
          ),
        { timeout: 10_000 },
      )
      .toEqual([
        {
          status: 'succeeded',
          return_message: 'INSERT 0 1',
          username: 'postgres',
          has_pid: true,
          ordered: true,
        },
      ]);
    expect(await rows(`select cron.unschedule('tick')`)).toEqual([{ unschedule: true }]);
    expect(await rows(`select jobid from cron.job`)).toEqual([]);
  });

  test('notes a failure, runs as postgres, and cannot become more', async () => {
    await rows(
      `select cron.schedule('bad', '1 seconds', 'reset session authorization; reset role; alter role postgres superuser')`,
    );
    await expect
      .poll(
        () =>
          rows(`select status, return_message like 'ERROR: permission denied%' as refused
                from cron.job_run_details where command like 'reset%' and status = 'failed' limit 1`),
        { timeout: 10_000 },
      )
      .toEqual([{ status: 'failed', refused: true }]);
    await rows(`select cron.unschedule(jobid) from cron.job`);
  });

  test('keeps one job for a name, alters it, and refuses what it cannot run', async () => {
    const [first] = await rows(`select cron.schedule('n', '0 3 * * *', 'select 1') as id`);
    expect(await rows(`select cron.schedule('n', '0 4 $ * *', 'select 2') as id`)).toEqual([first]);
    await rows(`select cron.alter_job(${String(first?.id)}, schedule := '@daily', active := false)`);
    expect(await rows('select schedule, command, active, jobname, database, username from cron.job')).toEqual(
      [
        {
          schedule: '@daily',
          command: 'select 2',
          active: false,
          jobname: 'n',
          database: 'postgres',
          username: 'postgres',
        },
      ],
    );
    await expect(rows(`select cron.schedule('x', 'nonsense', 'select 1')`)).rejects.toThrow(
      'invalid schedule: nonsense',
    );
    await expect(rows(`select cron.unschedule('missing')`)).rejects.toThrow(
      `could not find valid entry for job 'missing'`,
    );
    await expect(rows(`update cron.job set username = 'supabase_admin'`)).rejects.toThrow(
      'permission denied',
    );
    await expect(
      rows(`select cron.schedule_in_database('x', '@daily', 'select 1', 'postgres', 'supabase_admin')`),
    ).rejects.toThrow('must be superuser');
    await expect(
      rows(`create trigger t before insert on cron.job execute function cron._wake()`),
    ).rejects.toThrow('permission denied');
  });
});
