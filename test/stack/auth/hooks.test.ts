import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth(`
    [auth.hook.custom_access_token]
    enabled = true
    uri = "pg-functions://postgres/public/add_plan"
    [auth.hook.before_user_created]
    enabled = true
    uri = "pg-functions://postgres/public/only_example_org"`);
  const db = stack.database.createPool('postgres');
  await db.query(`
    create function public.add_plan(event jsonb) returns jsonb language sql as
      $$ select jsonb_set(event, '{claims,plan}', '"pro"') $$;
    create function public.only_example_org(event jsonb) returns jsonb language sql as $$
      select case when event -> 'user' ->> 'email' like '%@example.org' then '{}'::jsonb
        else jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'Only for example.org')) end
    $$;
    grant execute on function public.add_plan, public.only_example_org to supabase_auth_admin;
    grant usage on schema public to supabase_auth_admin`);
  await db.end();
});

afterAll(() => stack.stop());

test('asks the functions of the database', async () => {
  const supabase = createTestClient(stack);
  const refused = await supabase.auth.signUp({ email: 'a@example.com', password: 'correct-horse' });
  expect(refused.error).toMatchObject({ status: 403, message: 'Only for example.org' });
  const allowed = await supabase.auth.signUp({ email: 'a@example.org', password: 'correct-horse' });
  expect(allowed.error).toBeNull();
  expect((await supabase.auth.getClaims()).data?.claims.plan).toBe('pro');
});
