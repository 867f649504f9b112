import { expect, test } from 'vitest';
import { BadUrlError, Router } from '../../../plugin/stack/storage/rest/router.ts';

const router = new Router([
  { methods: ['GET'], path: '/object/:bucket/*', target: 'plain' },
  { methods: ['GET'], path: '/object/public/:bucket/*', target: 'public' },
  { methods: ['POST'], path: '/object/:bucket/*', target: 'upload' },
  { methods: ['POST'], path: '/object/copy', target: 'copy' },
  { methods: ['DELETE'], path: '/object/:bucket', target: 'many' },
]);

test.each([
  ['GET', '/object/b/a/c', 'plain', { bucket: 'b', '*': 'a/c' }],
  ['GET', '/object/b/', 'plain', { bucket: 'b', '*': '' }],
  ['GET', '/object/public/b/a', 'public', { bucket: 'b', '*': 'a' }],
  ['GET', '/object/public/b', 'plain', { bucket: 'public', '*': 'b' }],
  ['POST', '/object/public/b/a', 'upload', { bucket: 'public', '*': 'b/a' }],
  ['POST', '/object/copy', 'copy', {}],
  // Fastify's router accepts an empty parameter; the bucket's name is checked by the handler.
  ['GET', '/object//a', 'plain', { bucket: '', '*': 'a' }],
  ['GET', '/object/b%2Fx/%2e%2e%2Fa', 'plain', { bucket: 'b/x', '*': '../a' }],
])('%s %s', (method, path, target, params) => {
  const found = router.find(method, path);
  expect({ target: found?.route.target, params: found?.params }).toEqual({ target, params });
});

test.each([
  ['GET', '/object'],
  ['DELETE', '/object/b/'],
  ['PATCH', '/object/b/a'],
])('%s %s has no route', (method, path) => {
  expect(router.find(method, path)).toBeUndefined();
});

test('a malformed percent escape is distinguished from a missing route', () => {
  expect(() => router.find('GET', '/object/b/%zz')).toThrow(BadUrlError);
});
