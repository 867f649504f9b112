import { expect, test } from 'vitest';
import { resolveUrl } from '../../../plugin/stack/stack-url.ts';

test.each([
  ['http://kong:8000/rest/v1/t?select=*', 'http://127.0.0.1:5000/rest/v1/t?select=*'],
  ['http://api.supabase.internal:8000/functions/v1/f', 'http://127.0.0.1:5000/functions/v1/f'],
  ['http://supabase_kong_app:8000/', 'http://127.0.0.1:5000/'],
  ['http://host.docker.internal:54321/auth/v1/health', 'http://127.0.0.1:5000/auth/v1/health'],
  ['http://localhost:54321/functions/v1/f', 'http://127.0.0.1:5000/functions/v1/f'],
  ['http://[::1]:54321/', 'http://127.0.0.1:5000/'],
  ['http://host.docker.internal:3000/hook', 'http://127.0.0.1:3000/hook'],
  // Another program's: the gateway has this port in its container only.
  ['http://host.docker.internal:8000/hook', 'http://127.0.0.1:8000/hook'],
  ['http://localhost:8000/hook', 'http://localhost:8000/hook'],
  ['https://example.com/kong', 'https://example.com/kong'],
  ['https://example.com:54321/', 'https://example.com:54321/'],
  ['http://kong.example.com/', 'http://kong.example.com/'],
  ['not a url', 'not a url'],
])('%s', (url, expected) => {
  expect(resolveUrl(url, { apiUrl: 'http://127.0.0.1:5000', apiPort: 54321 })).toBe(expected);
});
