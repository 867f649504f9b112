import { expect, test } from 'vitest';
import { parseGoUrl } from '../../../plugin/stack/auth/http/go-url.ts';

// Each row was read by url.Parse of Go.
test.for([
  ['http://a.b:80/x?y#z', { scheme: 'http', hostname: 'a.b', port: '80', fragment: 'z' }],
  ['HTTP://A.B', { scheme: 'http', hostname: 'A.B', port: '', fragment: '' }],
  ['http://u:p@a.b', { scheme: 'http', hostname: 'a.b', port: '', fragment: '' }],
  ['http://a@b@c', { scheme: 'http', hostname: 'c', port: '', fragment: '' }],
  ['http://[::1]:3/', { scheme: 'http', hostname: '::1', port: '3', fragment: '' }],
  ['javascript:alert(1)', { scheme: 'javascript', hostname: '', port: '', fragment: '' }],
  ['app://callback', { scheme: 'app', hostname: 'callback', port: '', fragment: '' }],
  ['//evil.example', { scheme: '', hostname: 'evil.example', port: '', fragment: '' }],
  ['/path', { scheme: '', hostname: '', port: '', fragment: '' }],
  ['http:/a', { scheme: 'http', hostname: '', port: '', fragment: '' }],
  ['http://ünï.example/ü', { scheme: 'http', hostname: 'ünï.example', port: '', fragment: '' }],
  ['http://a/?%zz', { scheme: 'http', hostname: 'a', port: '', fragment: '' }],
] as const)('reads %j', ([text, expected]) => {
  expect(parseGoUrl(text)).toEqual(expected);
});

test.for([
  'http://a/%zz',
  'http://a/#%z',
  'http://a\\@b/',
  'http://a\\b/',
  'http://a b/',
  'http://a%20b/',
  'http://a:x/',
  'http://[::1/',
  'http://[::1]x/',
  'http://u<p@a/',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  'http://a/\t',
  'http://a/\u007f',
  ':x',
  '1a:x',
])('refuses %j', (text) => {
  expect(parseGoUrl(text)).toBeUndefined();
});
