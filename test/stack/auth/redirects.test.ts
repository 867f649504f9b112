import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkIn, startAuth, waitForMail, type TestStack } from './start-auth.ts';

const SITE = 'https://app.example.com';

let stack: TestStack;
beforeAll(async () => {
  stack = await startAuth(`
    [auth]
    site_url = "${SITE}"
    additional_redirect_urls = ["https://*.preview.example.com/**", "**script**", "app://callback"]
    [auth.external.github]
    enabled = true
    [auth.oauth_server]
    enabled = true
    allow_dynamic_registration = true`);
});
afterAll(() => stack.stop());

/** Where a failed link sends the browser that asked to return to `target`. */
async function targetOf(target: string, where: 'query' | 'header' | 'referer'): Promise<string> {
  const inQuery = where === 'query' ? `&redirect_to=${encodeURIComponent(target)}` : '';
  const response = await fetch(`${stack.url}/auth/v1/verify?type=signup&token=x${inQuery}`, {
    redirect: 'manual',
    headers: {
      ...(where === 'header' ? { redirect_to: target } : {}),
      ...(where === 'referer' ? { referer: target } : {}),
    },
  });
  return (response.headers.get('location') ?? '').split('#')[0] ?? '';
}

test.for([
  `${SITE}/welcome?x=1`,
  'https://a.preview.example.com/x/y',
  'http://127.0.0.1:3000/',
  'app://callback',
  `${SITE}/a%20b`,
])('returns to %s', async (target) => {
  expect(await targetOf(target, 'query')).toBe(target);
  expect(await targetOf(target, 'header')).toBe(target);
});

test.for([
  'https://evil.example',
  'https://app.example.com.evil.example/',
  'https://app.example.com@evil.example/',
  'https://evil.example\\@app.example.com/',
  'https:\\\\evil.example/',
  'https://app.example.com\\.evil.example/',
  '//evil.example/',
  '///evil.example/',
  'https:/evil.example/',
  'https:evil.example',
  'http://app.example.com/',
  'https://app.example.com:444/',
  'HTTPS://APP.EXAMPLE.COM/',
  'https://app.example.com/%zz',
  'https://app.example.com/#%zz',
  'https://%61pp.example.com/',
  'https://app.example.com%2f@evil.example/',
  'https://2130706433/',
  'http://127.0.0.1.evil.example/',
  'http://0x7f.1/',
  'https://x.preview.example.com.evil.example/',
  'javascript:alert(1)//script',
  'JavaScript:alert(1)//script',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:script',
  'blob:https://app.example.com/script',
  'app://callback\r\nSet-Cookie: a=b',
])('does not return to %j', async (target) => {
  const fitsHeader = /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/.test(target);
  for (const where of fitsHeader ? (['query', 'header', 'referer'] as const) : (['query'] as const)) {
    expect(await targetOf(target, where)).toBe(SITE);
  }
});

test('escapes what a header cannot hold', async () => {
  expect(await targetOf(`${SITE}/😀 ü`, 'query')).toBe(`${SITE}/%F0%9F%98%80%20%C3%BC`);
});

test.for([
  'javascript://localhost/%0aalert(1)',
  'JAVASCRIPT://x/',
  'java\nscript://x/',
  'data://x/',
  'http://evil.example/',
  'http://localhost\\@evil.example/',
  'http://localhost@evil.example/',
  'https://app.example.com/#x',
  'https://app.example.com/%zz',
  'https://',
  '/back',
  'http://localhost:3000/,https://evil.example/',
])('registers no OAuth client with the redirect address %j', async (uri) => {
  const response = await fetch(`${stack.url}/auth/v1/oauth/clients/register`, {
    method: 'POST',
    body: JSON.stringify({ redirect_uris: [uri] }),
  });
  expect(response.status).toBe(400);
});

test('an OAuth client returns to exactly its own address', async () => {
  const registered = await fetch(`${stack.url}/auth/v1/oauth/clients/register`, {
    method: 'POST',
    body: JSON.stringify({ redirect_uris: ['http://localhost:3000/back'] }),
  });
  const { client_id } = (await registered.json()) as { client_id: string };
  const authorize = async (uri: string): Promise<Response> => {
    const query = new URLSearchParams({
      client_id,
      redirect_uri: uri,
      response_type: 'nonsense',
      state: 's',
    });
    return fetch(`${stack.url}/auth/v1/oauth/authorize?${query.toString()}`, { redirect: 'manual' });
  };
  const own = await authorize('http://localhost:3000/back');
  expect(own.headers.get('location')).toContain('http://localhost:3000/back?error=');
  for (const uri of [
    'http://localhost:3000/back/',
    'http://localhost:3000/BACK',
    'http://localhost:3000/back?',
    '',
  ]) {
    const response = await authorize(uri);
    expect([uri, response.status, response.headers.get('location')]).toEqual([uri, 400, null]);
  }
});

test('a link in a mail follows the configured address, not the one that was asked for', async () => {
  const named = await startAuth(`
    [auth]
    site_url = "${SITE}"
    external_url = "https://api.example.com/auth/v1"
    [auth.email]
    enable_confirmations = true`);
  try {
    await fetch(`${named.url}/auth/v1/signup`, {
      method: 'POST',
      headers: { 'x-forwarded-host': 'evil.example', redirect_to: 'http://evil.example/' },
      body: JSON.stringify({ email: 'ann@example.com', password: 'correct-horse' }),
    });
    const link = linkIn(await waitForMail(named, 'ann@example.com'));
    expect(link.origin).toBe('https://api.example.com');
    expect(link.searchParams.get('redirect_to')).toBe(SITE);
  } finally {
    await named.stop();
  }
});

test('a pattern that cannot be read is named at the start', async () => {
  const config = '[auth]\nadditional_redirect_urls = ["https://a.example", "https://[z-a].example"]';
  await expect(startAuth(config)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(
      'auth.additional_redirect_urls has a pattern that cannot be read: https://[z-a].example',
    ),
    location: { line: 2, column: 1 },
  });
});
