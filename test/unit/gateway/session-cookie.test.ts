import { describe, expect, test } from 'vitest';
import { readSessionTokens } from '../../../plugin/gateway/caller/session-cookie.ts';

const session = JSON.stringify({ access_token: 'aaa.bbb.ccc', refresh_token: 'r', user: { name: 'Zoë' } });
const base64 = `base64-${Buffer.from(session).toString('base64url')}`;
const read = (cookie: string | undefined, hostname = 'localhost'): readonly string[] =>
  readSessionTokens(cookie, hostname);

describe('the access token is read from', () => {
  test.each([
    ['base64url', `sb-localhost-auth-token=${base64}`],
    ['plain JSON', `sb-localhost-auth-token=${session.replace('Zoë', 'Zoe')}`],
    ['URL-encoded JSON', `sb-localhost-auth-token=${encodeURIComponent(session)}`],
    ['a quoted value', `sb-localhost-auth-token="${base64}"`],
    [
      'the older array',
      `sb-localhost-auth-token=${encodeURIComponent('["aaa.bbb.ccc","r",null,null,null]')}`,
    ],
    [
      'chunks',
      `sb-localhost-auth-token.0=${base64.slice(0, 30)}; sb-localhost-auth-token.1=${base64.slice(30)}`,
    ],
    [
      'chunks in any order',
      `sb-localhost-auth-token.1=${base64.slice(30)};sb-localhost-auth-token.0=${base64.slice(0, 30)}`,
    ],
    [
      'URL-encoded chunks, cut within an escape',
      ((text) => `sb-localhost-auth-token.0=${text.slice(0, 2)}; sb-localhost-auth-token.1=${text.slice(2)}`)(
        encodeURIComponent(session),
      ),
    ],
    ['among other cookies', `theme=dark; sb-localhost-auth-token=${base64}; a=b`],
    [
      'beside a code verifier',
      `sb-localhost-auth-token-code-verifier=base64-x; sb-localhost-auth-token=${base64}`,
    ],
  ])('%s', (_, cookie) => {
    expect(read(cookie)).toEqual(['aaa.bbb.ccc']);
  });
});

describe('nothing is read from', () => {
  test.each([
    ['no cookie', undefined],
    ['other cookies', 'a=b; -auth-token=x; xsb-a-auth-token=y'],
    ['chunks with a gap at the start', `sb-localhost-auth-token.1=${base64}`],
    ['a session without a token', `sb-localhost-auth-token=${encodeURIComponent('{"user":1}')}`],
    ['a token that is no JWT', `sb-localhost-auth-token=${encodeURIComponent('{"access_token":"a b"}')}`],
    ['broken JSON', 'sb-localhost-auth-token={'],
    ['broken encoding', 'sb-localhost-auth-token=%E0%A4%A'],
  ])('%s', (_, cookie) => {
    expect(read(cookie)).toEqual([]);
  });
});

test('leftover chunks after a gap are ignored', () => {
  const cookie = `sb-localhost-auth-token.0=${base64}; sb-localhost-auth-token.2=garbage`;
  expect(read(cookie)).toEqual(['aaa.bbb.ccc']);
});

test('the session named after this host comes first: cookies are shared by all ports', () => {
  const other = `base64-${Buffer.from('{"access_token":"x.y.z"}').toString('base64url')}`;
  const cookie = `sb-abcdef-auth-token=${other}; sb-127-auth-token=${base64}`;
  expect(read(cookie, '127.0.0.1')).toEqual(['aaa.bbb.ccc', 'x.y.z']);
});

test('alternating sessions or hosts are never confused', () => {
  const cookie = (token: string): string =>
    `sb-a-auth-token=${JSON.stringify({ access_token: `a.${token}.c` })}; sb-b-auth-token=${JSON.stringify({ access_token: `b.${token}.c` })}`;
  for (let i = 0; i < 3; i++) {
    expect(readSessionTokens(cookie('one'), 'a.example')).toEqual(['a.one.c', 'b.one.c']);
    expect(readSessionTokens(cookie('two'), 'a.example')).toEqual(['a.two.c', 'b.two.c']);
    expect(readSessionTokens(cookie('two'), 'b.example')).toEqual(['b.two.c', 'a.two.c']);
    expect(readSessionTokens(undefined, 'b.example')).toEqual([]);
  }
});
