import { expect, test } from 'vitest';
import { HintLines } from '../explain/hint-lines.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// What Supabase adds to PostgREST: closed tables and pg-safeupdate.

const TABLE = { 'supabase/migrations/1_t.sql': 'create table t(i int); insert into t values (1), (2)' };

async function get(stack: TestStack, key: string): Promise<unknown[]> {
  const response = await fetch(`${stack.url}/rest/v1/t?select=i`, { headers: { apikey: key } });
  const body = (await response.json()) as { code?: string };
  return [response.status, body.code ?? body];
}

test.each<[setting: boolean | undefined, grant: string, anon: unknown[], service: unknown[]]>([
  [false, '', [401, '42501'], [403, '42501']],
  [undefined, '', [401, '42501'], [403, '42501']],
  [false, 'grant select on t to anon', [200, [{ i: 1 }, { i: 2 }]], [403, '42501']],
  [true, '', [200, [{ i: 1 }, { i: 2 }]], [200, [{ i: 1 }, { i: 2 }]]],
])('auto_expose_new_tables = %s, %s', async (setting, grant, anon, service) => {
  const terminal = new HintLines();
  await using stack = await startTestStack(
    { ...TABLE, 'supabase/migrations/2_grant.sql': grant },
    {
      config: { api: { auto_expose_new_tables: setting } },
      logger: terminal.logger,
    },
  );
  expect(await get(stack, stack.publishableKey)).toEqual(anon);
  expect(await get(stack, stack.secretKey)).toEqual(service);
  await get(stack, stack.secretKey);
  const refused = [...(anon[0] === 401 ? ['anon'] : []), ...(service[0] === 403 ? ['service_role'] : [])];
  for (const role of refused) await terminal.waitFor(new RegExp(`grant select on public.t to ${role};`));
  expect(terminal.lines.filter((line) => line.includes('grant '))).toHaveLength(refused.length);
});

test('the setting can change, and what migrations grant by default stays', async () => {
  await using stack = await startTestStack({
    ...TABLE,
    'supabase/migrations/0_default.sql':
      'alter default privileges in schema public revoke all on tables from anon;',
  });
  expect(await get(stack, stack.publishableKey)).toEqual([401, '42501']);
});

test.each([
  ['PATCH', '/t', 400, 'UPDATE requires a WHERE clause'],
  ['DELETE', '/t', 400, 'DELETE requires a WHERE clause'],
  ['DELETE', '/t?select=i&order=i&limit=1', 400, 'DELETE requires a WHERE clause'],
  ['PATCH', '/t?i=gt.0', 204, undefined],
  ['DELETE', '/t?or=(i.eq.1,i.eq.2)', 204, undefined],
])('%s %s: %s %s', async (method, path, status, message) => {
  await using stack = await startTestStack(TABLE);
  const response = await fetch(`${stack.url}/rest/v1${path}`, {
    method,
    headers: { apikey: stack.secretKey, 'content-type': 'application/json' },
    body: method === 'PATCH' ? '{"i": 5}' : undefined,
  });
  const body: unknown = await response.json().catch(() => undefined);
  expect([response.status, body]).toEqual([
    status,
    message === undefined ? undefined : { code: '21000', details: null, hint: null, message },
  ]);
});

test('roles that the API role inherits count', async () => {
  await using stack = await startTestStack(
    {
      'supabase/migrations/1_t.sql': `create role reader; create table t(i int); revoke all on t from authenticated;
      grant select on t to reader; grant reader to authenticated`,
    },
    { config: { api: { auto_expose_new_tables: false } } },
  );
  const user = stack.client();
  await user.auth.signUp({ email: 'a@example.com', password: 'password' });
  expect((await user.from('t').select()).data).toEqual([]);
});
