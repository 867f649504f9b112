import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../../../plugin/shared/allowed-roles.ts';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

// What Auth allows other machines and foreign pages, whom the gateway names as visitors by a header.

let stack: TestStack;
let userToken: string;
beforeAll(async () => {
  stack = await startAuth(`
    [auth.external.github]
    enabled = true
    [auth.external.google]
    enabled = true`);
  const { data } = await createTestClient(stack).auth.signUp({
    email: 'ann@example.com',
    password: 'correct-horse',
  });
  userToken = data.session?.access_token ?? '';
});
afterAll(() => stack.stop());

const VISITOR = { [ALLOWED_ROLES_HEADER]: VISITOR_ROLES };

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | URLSearchParams;
}

function send(path: string, { headers, ...init }: Sent = {}): Promise<Response> {
  return fetch(path.startsWith('http') ? path : `${stack.url}/auth/v1${path}`, {
    redirect: 'manual',
    ...init,
    headers: { apikey: 'x', ...headers },
  });
}

function forge(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${body}.${createHmac('sha256', stack.keys.jwtSecret).update(body).digest('base64url')}`;
}

test.for(['GET /admin/users', 'GET /admin/audit', 'POST /invite', 'POST /admin/generate_link', 'GET /user'])(
  'a visitor may not use %s with a token of another role',
  async (line) => {
    const [method = '', path = ''] = line.split(' ');
    const roles = ['service_role', 'supabase_admin', 'postgres', 'supabase_auth_admin', 'SERVICE_ROLE'];
    for (const token of [stack.keys.serviceRoleKey, ...roles.map((role) => forge({ role }))]) {
      const headers = { Authorization: `Bearer ${token}`, ...VISITOR };
      const response = await send(path, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error_code: 'no_authorization' });
    }
  },
);

test('a visitor may use the own account, and the machine itself the admin API', async () => {
  const headers = { Authorization: `Bearer ${userToken}` };
  expect((await send('/user', { headers: { ...headers, ...VISITOR } })).status).toBe(200);
  const admin = { Authorization: `Bearer ${stack.keys.serviceRoleKey}` };
  expect((await send('/admin/users', { headers: admin })).status).toBe(200);
});

test('times of a token must be numbers', async () => {
  for (const claims of [{ exp: '9999999999' }, { nbf: {} }, { iat: true }]) {
    const headers = { Authorization: `Bearer ${forge({ role: 'service_role', ...claims })}` };
    expect((await send('/admin/users', { headers })).status).toBe(403);
  }
});

async function startSignIn(): Promise<{ page: string; form: URLSearchParams }> {
  const started = await send('/authorize?provider=github&redirect_to=http://127.0.0.1:3000/');
  const page = started.headers.get('location') ?? '';
  const form = new URLSearchParams(new URL(page).search);
  form.set('email', 'victim@example.com');
  form.set('name', 'Victim');
  return { page, form };
}

test('the consent page is for this machine, and so are its accounts', async () => {
  const { page, form } = await startSignIn();
  const consented = await send(page.split('?')[0] ?? '', { method: 'POST', body: form });
  const callback = consented.headers.get('location') ?? '';
  expect(callback).toContain(`${stack.url}/auth/v1/callback?code=`);
  expect((await send(callback)).headers.get('location')).toContain('#access_token=');

  const again = await startSignIn();
  expect(await (await send(again.page)).text()).toContain('victim@example.com');
  const refused = await send(again.page, { headers: VISITOR });
  expect([refused.status, (await refused.text()).includes('victim@example.com')]).toEqual([403, false]);
  const posted = await send(page.split('?')[0] ?? '', { method: 'POST', headers: VISITOR, body: again.form });
  expect([posted.status, posted.headers.get('location')]).toEqual([403, null]);
});

test('the consent page returns to this service’s own callback, exactly', async () => {
  for (const uri of [
    'https://evil.example/callback',
    'https://evil.example/auth/v1/callback',
    'javascript:alert(1)//callback',
    `${stack.url}/auth/v1/callback/`,
    `${stack.url}/auth/v1/callback?x`,
    `${stack.url}/auth/v1/callback#x`,
    `${stack.url}/auth/v1/../auth/v1/callback`,
    `${stack.url.replace('http://', 'HTTP://')}/auth/v1/callback`,
    `${stack.url.replace('http://', 'http://a:b@')}/auth/v1/callback`,
    `${stack.url}\\@evil.example/callback`,
    '',
  ]) {
    const { page, form } = await startSignIn();
    form.set('redirect_uri', uri);
    const path = page.split('?')[0] ?? '';
    for (const response of [
      await send(path, { method: 'POST', body: form }),
      await send(`${path}?${form.toString()}`),
    ]) {
      expect([uri, response.status, response.headers.get('location')]).toEqual([uri, 400, null]);
    }
  }
});

test('nobody can make the code of the consent page with the well-known secret', async () => {
  const { form } = await startSignIn();
  const grant = { provider: 'github', state: form.get('state'), email: 'ann@example.com', name: 'x' };
  const payload = Buffer.from(JSON.stringify({ ...grant, expires: Date.now() + 60_000 })).toString(
    'base64url',
  );
  for (const key of [`local consent ${stack.keys.jwtSecret}`, stack.keys.jwtSecret, '']) {
    const seal = createHmac('sha256', key).update(payload).digest('base64url');
    const query = new URLSearchParams({ state: form.get('state') ?? '', code: `${payload}.${seal}` });
    const response = await send(`/callback?${query.toString()}`);
    expect(response.headers.get('location')).toContain('error_code=bad_oauth_callback');
  }
});

test('a code is for the provider and sign-in that asked for it', async () => {
  const [first, second] = [await startSignIn(), await startSignIn()];
  const path = first.page.split('?')[0] ?? '';
  const consented = await send(path, { method: 'POST', body: first.form });
  const callback = new URL(consented.headers.get('location') ?? '');
  callback.searchParams.set('state', second.form.get('state') ?? '');
  expect((await send(callback.href)).headers.get('location')).toContain('error_code=bad_oauth_callback');
});
