import { createHmac } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

// Functions with everything else: they call the stack, and the database and Auth call them.

const SECRET = Buffer.from('a secret of the webhooks').toString('base64');

/** A hook as `supabase/config.toml` has it in the documentation: the API by its name inside the CLI's containers. */
function hook(slug: string, host = 'host.docker.internal:54321'): object {
  return { enabled: true, uri: `http://${host}/functions/v1/${slug}`, secrets: `v1,whsec_${SECRET}` };
}

const NOTE = `// Keeps what a function was sent, by a request to the stack with the key that it was given.
  export async function note(source: string, payload: unknown): Promise<void> {
    const key = Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!;
    const response = await fetch(Deno.env.get('SUPABASE_URL') + '/rest/v1/notes', {
      method: 'POST',
      headers: { apikey: key, authorization: 'Bearer ' + key, 'content-type': 'application/json' },
      body: JSON.stringify({ source, payload }),
    });
    if (!response.ok) throw new Error(await response.text());
  }`;

const VERIFY = `import { Buffer } from 'node:buffer';
  import { createHmac } from 'node:crypto';
  // As Standard Webhooks requires it.
  export async function verified(req: Request): Promise<any> {
    const body = await req.text();
    const key = Buffer.from(Deno.env.get('HOOK_SECRET')!.replace('v1,whsec_', ''), 'base64');
    const signed = [req.headers.get('webhook-id'), req.headers.get('webhook-timestamp'), body].join('.');
    const expected = 'v1,' + createHmac('sha256', key).update(signed).digest('base64');
    if (req.headers.get('webhook-signature') !== expected) throw new Error('wrong signature');
    return JSON.parse(body);
  }`;

const hookFunction = (body: string): string => `
  import { note } from '../_shared/note.ts';
  import { verified } from '../_shared/verify.ts';
  Deno.serve(async (req) => { const payload = await verified(req); ${body} });`;

let stack: FunctionsStack;
let client: pg.Client;

beforeAll(async () => {
  stack = await startFunctions(
    {
      webhook: `import { note } from '../_shared/note.ts';
        Deno.serve(async (req) => {
          await note(new URL(req.url).pathname, { body: await req.json(), hook: req.headers.get('x-hook') });
          return new Response('noted');
        });`,
      'send-email': hookFunction(`await note('mail', payload); return Response.json({});`),
      'send-sms': hookFunction(`await note('sms', payload); return Response.json({});`),
      claims: hookFunction(
        `// Looks the user up, as hooks do that add roles.
         const key = Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!;
         const url = Deno.env.get('SUPABASE_URL') + '/auth/v1/admin/users/' + payload.user_id;
         const user = await (await fetch(url, { headers: { apikey: key, authorization: 'Bearer ' + key } })).json();
         return Response.json({ claims: { ...payload.claims, plan: 'pro', looked_up: user.email } });`,
      ),
      gate: hookFunction(`return payload.user.email?.endsWith('@blocked.example')
        ? Response.json({ error: { http_code: 403, message: 'Not from there' } })
        : Response.json({});`),
      attempts: hookFunction(`return Response.json(payload.valid
        ? { decision: 'continue' }
        : { decision: 'reject', message: 'Counted by the hook' });`),
      back: `Deno.serve(async (req) => {
        const { path, key, name, method = 'GET' } = await req.json();
        const value = Deno.env.get(key)!;
        const apikey = name === undefined ? value : JSON.parse(value)[name];
        const url = path.startsWith('http') ? path : Deno.env.get('SUPABASE_URL') + path;
        const authorization = apikey.startsWith('sb_') ? {} : { authorization: 'Bearer ' + apikey };
        const response = await fetch(new Request(url, { method, headers: { apikey, ...authorization } }));
        return new Response(await response.text(), { status: response.status });
      });`,
      inner: `Deno.serve((req) => new Response('inner ' + new URL(req.url).search));`,
    },
    {
      'supabase/functions/_shared/note.ts': NOTE,
      'supabase/functions/_shared/verify.ts': VERIFY,
      'supabase/functions/.env': `HOOK_SECRET=v1,whsec_${SECRET}\n`,
      'supabase/migrations/1_notes.sql': `
        create extension if not exists pg_net with schema extensions;
        create extension if not exists pg_cron with schema extensions;
        create table public.notes (id bigint generated always as identity, source text, payload jsonb);
        create table public.items (id int primary key, note text);
        grant select, insert on public.notes to service_role;
        grant select on public.items to anon;
        insert into public.items values (1, 'first');`,
    },
    {
      config: {
        auth: {
          enable_signup: true,
          sms: { enable_signup: true },
          hook: {
            send_email: hook('send-email'),
            send_sms: hook('send-sms', 'kong:8000'),
            custom_access_token: hook('claims', 'api.supabase.internal:8000'),
            before_user_created: hook('gate', '127.0.0.1:54321'),
            password_verification_attempt: hook('attempts'),
          },
        },
      },
    },
  );
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await stack?.stop();
});

beforeEach(() => client.query('delete from public.notes'));

interface Note {
  readonly source: string;
  readonly payload: Record<string, unknown>;
}

/** Waits until a function has kept what it was sent. */
async function noted(source: string): Promise<Note['payload']> {
  let found: Note[] = [];
  await expect
    .poll(
      async () => {
        const sql = 'select source, payload from public.notes where source = $1';
        found = (await client.query<Note>(sql, [source])).rows;
        return found.length;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0);
  return found[0]?.payload ?? {};
}

describe('the database calls a function', () => {
  test.each([
    ['kong', () => 'http://kong:8000'],
    ['internal', () => 'http://api.supabase.internal:8000'],
    ['docker', () => 'http://host.docker.internal:54321'],
    ['url', () => stack.url],
  ])('by a database webhook: %s', async (name, origin) => {
    const target = `${origin()}/functions/v1/webhook/${name}`;
    await client.query(`create trigger "${name}" after update on public.items for each row execute function
      supabase_functions.http_request('${target}', 'POST', '{"Content-Type":"application/json","x-hook":"yes"}', '{}', '5000')`);
    onTestEnd(() => client.query(`drop trigger "${name}" on public.items`));
    await client.query(`update public.items set note = '${name}' where id = 1`);
    expect(await noted(`/webhook/${name}`)).toMatchObject({
      hook: 'yes',
      body: { type: 'UPDATE', table: 'items', record: { id: 1, note: name } },
    });
  });

  test('by a job of pg_cron with the URL and the key in the vault, as the guide schedules functions', async () => {
    await client.query(`select vault.create_secret('http://api.supabase.internal:8000', 'project_url')`);
    await client.query(`select vault.create_secret('${stack.publishableKey}', 'publishable_key')`);
    await client.query(`select cron.schedule('invoke-function', '1 second', $$
      select net.http_post(
        url := (select decrypted_secret from vault.decrypted_secrets where name = 'project_url') || '/functions/v1/webhook/cron',
        headers := jsonb_build_object('Content-type', 'application/json',
          'Authorization', 'Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'publishable_key')),
        body := concat('{"time": "', now(), '"}')::jsonb
      ) as request_id; $$)`);
    onTestEnd(() => client.query(`select cron.unschedule('invoke-function')`));
    expect(await noted('/webhook/cron')).toMatchObject({ body: { time: expect.any(String) as unknown } });
  });
});

describe('Auth calls a function', () => {
  const password = 'correct-horse';

  test('before a user is created, which it may refuse', async () => {
    const { error } = await stack.client().auth.signUp({ email: 'a@blocked.example', password });
    expect(error).toMatchObject({ status: 403, message: 'Not from there' });
  });

  test('for the claims of a token, and the function reads the user from Auth meanwhile', async () => {
    const supabase = stack.client();
    expect((await supabase.auth.signUp({ email: 'claims@example.com', password })).error).toBeNull();
    // More at once than Auth has connections.
    const signIns = Array.from({ length: 25 }, () =>
      stack.client().auth.signInWithPassword({ email: 'claims@example.com', password }),
    );
    for (const { data, error } of await Promise.all(signIns)) {
      expect(error).toBeNull();
      const token = data.session?.access_token.split('.')[1] ?? '';
      expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toMatchObject({
        plan: 'pro',
        looked_up: 'claims@example.com',
      });
    }
  });

  test('to send a mail, signed', async () => {
    const email = 'mail@example.com';
    await stack.client().auth.signUp({ email, password });
    expect((await stack.client().auth.resetPasswordForEmail(email)).error).toBeNull();
    expect(await noted('mail')).toMatchObject({
      user: { email },
      email_data: { email_action_type: 'recovery', token: expect.stringMatching(/^\d{6}$/) as unknown },
    });
  });

  test('to send an SMS, signed, with the code that signs in', async () => {
    const phone = '491701234567';
    expect((await stack.client().auth.signInWithOtp({ phone })).error).toBeNull();
    const { sms, user } = await noted('sms');
    expect(user).toMatchObject({ phone });
    const token = (sms as { otp: string }).otp;
    const { data } = await stack.client().auth.verifyOtp({ phone, token, type: 'sms' });
    expect(data.user?.phone).toBe(phone);
  });

  test('at each attempt with a password', async () => {
    await stack.client().auth.signUp({ email: 'attempt@example.com', password });
    const wrong = { email: 'attempt@example.com', password: 'wrong-horse' };
    const { error } = await stack.client().auth.signInWithPassword(wrong);
    expect(error?.message).toBe('Counted by the hook');
  });

  test('which accepts only what is signed with the secret of the hook', async () => {
    const headers = { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' };
    const response = await stack.call('send-email', { method: 'POST', body: '{}', headers });
    expect(response.status).toBe(500);
    const signature = createHmac('sha256', Buffer.from(SECRET, 'base64')).update('x.1.{"a":1}');
    const right = { ...headers, 'webhook-signature': `v1,${signature.digest('base64')}` };
    const accepted = await stack.call('send-email', { method: 'POST', body: '{"a":1}', headers: right });
    expect(accepted.status).toBe(200);
  });
});

describe('a function calls the stack', () => {
  const ask = async (request: object): Promise<Response> =>
    stack.call('back', { method: 'POST', body: JSON.stringify(request) });

  test.each([
    { key: 'SUPABASE_ANON_KEY' },
    { key: 'SUPABASE_SERVICE_ROLE_KEY' },
    { key: 'SUPABASE_PUBLISHABLE_KEYS', name: 'default' },
    { key: 'SUPABASE_SECRET_KEYS', name: 'default' },
  ])('with each key that it is given: $key', async (given) => {
    const isAdmin = /SERVICE|SECRET/.test(given.key);
    expect((await ask({ ...given, path: '/rest/v1/items?select=id' })).status).toBe(200);
    expect((await ask({ ...given, path: '/auth/v1/admin/users' })).status).toBe(isAdmin ? 200 : 403);
    expect((await ask({ ...given, path: '/storage/v1/bucket' })).status).toBe(200);
    const inner = await ask({ ...given, path: '/functions/v1/inner?a=b' });
    expect(await inner.text()).toBe('inner ?a=b');
  });

  test.each(['http://kong:8000', 'http://host.docker.internal:54321', 'http://api.supabase.internal'])(
    'by its name inside the CLI’s containers: %s',
    async (origin) => {
      const request = { key: 'SUPABASE_ANON_KEY', path: `${origin}/rest/v1/items?select=id` };
      expect(await (await ask(request)).json()).toEqual([{ id: 1 }]);
    },
  );
});
