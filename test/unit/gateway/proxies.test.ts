import { expect, test } from 'vitest';
import { forwardedAddress, isFromProxy } from '../../../plugin/gateway/caller/proxies.ts';

test.each<Record<string, string>>([
  { 'x-forwarded-for': '127.0.0.1, 6.6.6.6' },
  { 'x-forwarded-for': '6.6.6.6, 127.0.0.1' },
  { 'x-forwarded-for': '' },
  { 'x-forwarded-for': '127.0.0.1.evil.example' },
  { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '6.6.6.6' },
  { 'x-forwarded-for': '127.0.0.1', via: '1.1 vegur' },
  { 'x-real-ip': '6.6.6.6' },
  { 'cf-connecting-ip': '6.6.6.6' },
  { 'cf-ray': '8f0' },
  { 'cdn-loop': 'cloudflare' },
  { 'true-client-ip': '6.6.6.6' },
  { 'x-client-ip': '6.6.6.6' },
  { 'x-cluster-client-ip': '6.6.6.6' },
  { 'fastly-client-ip': '6.6.6.6' },
  { 'fly-client-ip': '6.6.6.6' },
  { 'x-envoy-external-address': '6.6.6.6' },
  { 'x-vercel-forwarded-for': '6.6.6.6' },
  { 'x-original-forwarded-for': '6.6.6.6' },
  { 'x-forwarded-host': 'abc.tunnel.example' },
  { 'x-forwarded-server': 'proxy.example' },
  { 'x-forwarded-proto': 'https' },
  { 'x-forwarded': 'for=6.6.6.6' },
  { forwarded: 'for=6.6.6.6;proto=https' },
  { forwarded: 'for=127.0.0.1, for=6.6.6.6' },
  { forwarded: 'for=_hidden' },
  { forwarded: 'proto=https;host=abc.tunnel.example' },
  { via: '1.1 squid' },
])('%j is the mark of a proxy that may speak for another machine', (headers) => {
  expect(isFromProxy({ host: 'localhost:5173', ...headers })).toBe(true);
});

test.each<Record<string, string>>([
  {},
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-for': '::1, 127.0.0.1' },
  { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'localhost:5173' },
  { 'x-forwarded-for': '::ffff:127.0.0.1', 'x-forwarded-port': '443', 'x-real-ip': '127.0.0.1' },
  { forwarded: 'for="[::1]:4711";proto=https;host=localhost' },
  { 'x-client-info': 'supabase-js/2', 'x-request-id': '1', 'user-agent': 'Mozilla/5.0', 'x-forward': 'x' },
])('%j names this machine only', (headers) => {
  expect(isFromProxy({ host: 'localhost:5173', ...headers })).toBe(false);
});

test('the client is the one that the nearest proxy appended', () => {
  expect(forwardedAddress({ 'x-forwarded-for': '127.0.0.1, 6.6.6.6' })).toBe('6.6.6.6');
  expect(forwardedAddress({})).toBeUndefined();
});
