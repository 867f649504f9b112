import { expect, test } from 'vitest';
import { BadUrlError, Router } from '../../../plugin/stack/storage/rest/router.ts';

const router = new Router([
  { method: 'GET', path: '/object/:bucket/*', target: 'plain' },
  { method: 'GET', path: '/object/public/:bucket/*', target: 'public' },
  { method: 'POST', path: '/object/:bucket/*', target: 'upload' },
  { method: 'POST', path: '/object/copy', target: 'copy' },
  { method: 'DELETE', path: '/object/:bucket', target: 'many' },
]);

test.each([
  ['GET', '/object/b/a/c', 'plain', { bucket: 'b', '*': 'a/c' }],
  ['GET', '/object/b/', 'plain', { bucket: 'b', '*': '' }],
  ['GET', '/object/public/b/a', 'public', { bucket: 'b', '*': 'a' }],
  ['GET', '/object/public/b', 'plain', { bucket: 'public', '*': 'b' }],
  ['POST', '/object/public/b/a', 'upload', { bucket: 'public', '*': 'b/a' }],
  ['POST', '/object/copy', 'copy', {}],
  ['GET', '/object/b%2Fx/%2e%2e%2Fa', 'plain', { bucket: 'b/x', '*': '../a' }],
])('%s %s', (method, path, target, params) => {
  expect(router.find(method, path)).toEqual({ target, params });
});

test.each([
  ['GET', '/object'],
  ['GET', '/object//a'],
  ['DELETE', '/object/b/'],
  ['PATCH', '/object/b/a'],
])('%s %s has no route', (method, path) => {
  expect(router.find(method, path)).toBeUndefined();
});

test('a bad percent escape is told from a missing route', () => {
  expect(() => router.find('GET', '/object/b/%zz')).toThrow(BadUrlError);
});
