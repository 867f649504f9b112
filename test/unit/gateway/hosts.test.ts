import { describe, expect, test } from 'vitest';
import {
  createHostRules,
  isLoopbackAddress,
  isPrivateAddress,
  parseHost,
} from '../../../plugin/gateway/caller/hosts.ts';

describe('a Host', () => {
  test.each([
    ['localhost', { hostname: 'localhost', port: undefined }],
    ['localhost:3002', { hostname: 'localhost', port: '3002' }],
    ['[::1]:3002', { hostname: '::1', port: '3002' }],
    ['my_app.local', { hostname: 'my_app.local', port: undefined }],
  ])('%s', (host, expected) => {
    expect(parseHost(host)).toEqual(expected);
  });

  test.each(['', 'a b', 'a/b', 'a:b', 'a,b', 'user@host', '[::1', 'a:123456', 'a\r\nb'])(
    '%j is not a Host',
    (host) => {
      expect(parseHost(host)).toBeUndefined();
    },
  );
});

test('the check is that of server.allowedHosts', () => {
  const { answersFor: check } = createHostRules(['App.example', '.dev.example']);
  for (const host of [
    'localhost',
    'a.localhost',
    '10.0.0.1',
    '::1',
    'app.EXAMPLE',
    'dev.example',
    'x.y.dev.example',
  ]) {
    expect([host, check(host)]).toEqual([host, true]);
  }
  for (const host of ['x.app.example', 'evildev.example', 'localhost.evil', '1.2.3.4.evil']) {
    expect([host, check(host)]).toEqual([host, false]);
  }
  expect(createHostRules(true).answersFor('anything')).toBe(true);
  expect(createHostRules(true).lists('anything')).toBe(false);
});

test('addresses of this machine and of its network are recognised', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    expect(isLoopbackAddress(address)).toBe(true);
  for (const address of ['10.0.0.1', '128.0.0.1', '::2', '127.0.0.1.evil'])
    expect(isLoopbackAddress(address)).toBe(false);
  for (const address of [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.0.1',
    'fd00::1',
    'fe80::1',
  ]) {
    expect([address, isPrivateAddress(address)]).toEqual([address, true]);
  }
  for (const address of ['172.32.0.1', '11.0.0.1', '192.169.0.1', '2001:db8::1', '93.184.216.34']) {
    expect([address, isPrivateAddress(address)]).toEqual([address, false]);
  }
});
