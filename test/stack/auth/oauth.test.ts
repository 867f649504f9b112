import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth(`
    [auth]
    enable_manual_linking = true
    [auth.external.github]
    enabled = true
    [auth.external.google]
    enabled = true`);
});

afterAll(() => stack.stop());

/** Signs in on the local consent page as this person. @returns the address of the redirect to the app */
async function consent(start: string, fields: Record<string, string>): Promise<URL> {
  const location = async (url: string, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(url, { redirect: 'manual', ...init });
    return response.headers.get('location') ?? '';
  };
  // A request to link carries the user's token, and its answer names the page itself.
  const page = start.includes('/dev/consent') ? start : await location(start);
  const html = await (await fetch(page)).text();
  const hidden = [
    ...html.matchAll(/<input type="hidden" name="(provider|state|redirect_uri)" value="([^"]*)">/g),
  ];
  const form = new URLSearchParams({
    ...Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')])),
    ...fields,
  });
  const callback = await location(new URL('consent', page).href, { method: 'POST', body: form });
  return new URL(await location(callback));
}

async function startSignIn(supabase: SupabaseClient, provider: 'github' | 'google'): Promise<string> {
  const options = { redirectTo: 'http://127.0.0.1:3000/welcome', skipBrowserRedirect: true };
  const { data, error } = await supabase.auth.signInWithOAuth({ provider, options });
  expect(error).toBeNull();
  return data.url ?? '';
}

test('signs in at the local consent page, with tokens in the fragment', async () => {
  const supabase = createTestClient(stack);
  const back = await consent(await startSignIn(supabase, 'github'), {
    email: 'Ann@Example.com',
    name: 'Ann <b>',
  });
  expect(back.href.startsWith('http://127.0.0.1:3000/welcome#')).toBe(true);
  const fragment = new URLSearchParams(back.hash.slice(1));
  const { data } = await supabase.auth.setSession({
    access_token: fragment.get('access_token') ?? '',
    refresh_token: fragment.get('refresh_token') ?? '',
  });
  expect(data.user).toMatchObject({
    email: 'ann@example.com',
    app_metadata: { provider: 'github', providers: ['github'] },
    user_metadata: { full_name: 'Ann <b>', email_verified: true },
  });
  expect(fragment.get('provider_token')).toBe('local-github-token');
});

test('signs in with PKCE, and the code works once', async () => {
  const supabase = createTestClient(stack, {
    flowType: 'pkce',
    persistSession: true,
    storage: createStorage(),
  });
  const back = await consent(await startSignIn(supabase, 'google'), {
    email: 'bob@example.com',
    name: 'Bob',
  });
  const code = back.searchParams.get('code') ?? '';
  const first = await supabase.auth.exchangeCodeForSession(code);
  expect(first.error).toBeNull();
  expect(first.data.user?.email).toBe('bob@example.com');
  const again = await fetch(`${stack.url}/auth/v1/token?grant_type=pkce`, {
    method: 'POST',
    headers: { apikey: stack.keys.anonKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth_code: code, code_verifier: 'x'.repeat(50) }),
  });
  expect(again.status).toBe(404);
  expect(await again.json()).toMatchObject({ error_code: 'flow_state_not_found' });
});

test('reports a denial, and joins identities with the same verified address', async () => {
  const denied = await consent(await startSignIn(createTestClient(stack), 'google'), { deny: '1' });
  expect(denied.searchParams.get('error')).toBe('access_denied');
  const email = 'cat@example.com';
  for (const provider of ['github', 'google'] as const) {
    await consent(await startSignIn(createTestClient(stack), provider), { email, name: 'Cat' });
  }
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey);
  const { data } = await admin.auth.admin.listUsers();
  const cats = data.users.filter((user) => user.email === email);
  expect(cats).toHaveLength(1);
  expect(cats[0]?.app_metadata.providers).toEqual(['github', 'google']);
});

test('links an identity to the signed-in user and unlinks it', async () => {
  const supabase = createTestClient(stack, {
    flowType: 'pkce',
    persistSession: true,
    storage: createStorage(),
  });
  await supabase.auth.signUp({ email: 'dan@example.com', password: 'correct-horse' });
  const asked = await supabase.auth.linkIdentity({
    provider: 'github',
    options: { redirectTo: 'http://127.0.0.1:3000/', skipBrowserRedirect: true },
  });
  expect(asked.error).toBeNull();
  const back = await consent(asked.data.url ?? '', { email: 'daniel@example.org', name: 'Dan' });
  await supabase.auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
  const { data } = await supabase.auth.getUserIdentities();
  expect(data?.identities.map(({ provider }) => provider)).toEqual(['email', 'github']);
  const github = data?.identities[1];
  expect(github && (await supabase.auth.unlinkIdentity(github)).error).toBeNull();
  expect((await supabase.auth.getUserIdentities()).data?.identities).toHaveLength(1);
});

function createStorage(): object {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  };
}
