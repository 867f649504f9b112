import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

const SECRET = Buffer.from('a secret of the webhook').toString('base64');

let stack: TestStack;
let receiver: Server;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeAll(async () => {
  receiver = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ headers: req.headers, body: Buffer.concat(chunks).toString() });
      res.setHeader('Content-Type', 'application/json');
      res.end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  stack = await startAuth(`
    [auth.hook.send_email]
    enabled = true
    uri = "http://127.0.0.1:${(receiver.address() as AddressInfo).port}/mail"
    secrets = "v1,whsec_${SECRET}"

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

afterAll(async () => {
  receiver.close();
  await stack.stop();
});

test('calls functions of the database', async () => {
  const supabase = createTestClient(stack);
  const refused = await supabase.auth.signUp({ email: 'a@example.com', password: 'correct-horse' });
  expect(refused.error).toMatchObject({ status: 403, message: 'Only for example.org' });
  const allowed = await supabase.auth.signUp({ email: 'a@example.org', password: 'correct-horse' });
  expect(allowed.error).toBeNull();
  expect((await supabase.auth.getClaims()).data?.claims.plan).toBe('pro');
});

test('sends mails to a webhook, signed as Standard Webhooks requires', async () => {
  const email = 'hook@example.org';
  await createTestClient(stack).auth.signUp({ email, password: 'correct-horse' });
  expect((await createTestClient(stack).auth.resetPasswordForEmail(email)).error).toBeNull();
  const [call] = received;
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = call?.headers ?? {};
  const signed = `${String(id)}.${String(time)}.${call?.body ?? ''}`;
  const expected = createHmac('sha256', Buffer.from(SECRET, 'base64')).update(signed).digest('base64');
  expect(signature).toBe(`v1,${expected}`);
  const payload = JSON.parse(call?.body ?? '{}') as { user: object; email_data: object };
  expect(payload.user).toMatchObject({ email });
  expect(payload.email_data).toMatchObject({
    email_action_type: 'recovery',
    token: expect.stringMatching(/^\d{6}$/),
  });
});
