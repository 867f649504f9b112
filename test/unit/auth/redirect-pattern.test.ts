import { expect, test } from 'vitest';
import {
  isRedirectPattern,
  matchesRedirectPattern,
} from '../../../plugin/stack/auth/settings/redirect-pattern.ts';

test.each([
  ['http://localhost:3000/*', 'http://localhost:3000/a', true],
  ['http://localhost:3000/*', 'http://localhost:3000/a/b', false],
  ['http://localhost:3000/**', 'http://localhost:3000/a/b', true],
  ['https://*.example.com', 'https://a.example.com', true],
  ['https://*.example.com', 'https://a.b.example.com', false],
  ['https://*.example.com', 'https://example.com.evil.net', false],
  ['https://example.com/{a,b}', 'https://example.com/b', true],
  ['https://example.com/[ab]', 'https://example.com/c', false],
  ['https://example.com/?', 'https://example.com/x', true],
  ['https://example.com', 'https://example.com/', false],
])('%s with %s: %s', (pattern, url, expected) => {
  expect(matchesRedirectPattern(pattern, url)).toBe(expected);
});

test.each([
  ['https://[z-a].example.com', false],
  ['https://[a-z].example.com', true],
  ['https://[', true],
  ['https://{a,b', true],
  ['https://\\', true],
])('the pattern %s can be read: %s', (pattern, expected) => {
  expect(isRedirectPattern(pattern)).toBe(expected);
});
