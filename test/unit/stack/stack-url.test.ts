import { expect, test } from 'vitest';
import { resolveUrl } from '../../../plugin/stack/database-jobs/stack-url.ts';

test.each([
  ['http://kong:8000/rest/v1/t?select=*', 'http://127.0.0.1:5000/rest/v1/t?select=*'],
  ['http://api.supabase.internal:8000/functions/v1/f', 'http://127.0.0.1:5000/functions/v1/f'],
  ['http://supabase_kong_app:8000/', 'http://127.0.0.1:5000/'],
  ['http://host.docker.internal:54321/auth/v1/health', 'http://127.0.0.1:5000/auth/v1/health'],
  ['http://host.docker.internal:3000/hook', 'http://127.0.0.1:3000/hook'],
  ['https://example.com/kong', 'https://example.com/kong'],
  ['http://kong.example.com/', 'http://kong.example.com/'],
  ['not a url', 'not a url'],
])('%s', (url, expected) => {
  expect(resolveUrl(url, 'http://127.0.0.1:5000')).toBe(expected);
});
