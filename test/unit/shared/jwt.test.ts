import { expect, test } from 'vitest';
import { isTooDeep, MAX_JSON_DEPTH, parseJson } from '../../../plugin/shared/json.ts';
import { decodeJwt } from '../../../plugin/shared/jwt.ts';

const part = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
const jwt = (header: string | Buffer, claims: string | Buffer): string =>
  `${part(header)}.${part(claims)}.c2ln`;
const HEADER = '{"alg":"HS256"}';

test('reads header and claims of a JWT', () => {
  expect(decodeJwt(jwt(HEADER, '{"role":"anon"}'))).toEqual({
    header: { alg: 'HS256' },
    claims: { role: 'anon' },
  });
});

test.each([
  ['a byte order mark', jwt(HEADER, '\ufeff{"role":"service_role"}')],
  ['bytes that are not UTF-8', jwt(HEADER, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ['an unencoded payload', jwt('{"alg":"HS256","b64":false,"crit":["b64"]}', '{"role":"service_role"}')],
  ['an unknown critical extension', jwt('{"alg":"HS256","crit":["x"]}', '{}')],
  ['a payload that is no object', jwt(HEADER, '["service_role"]')],
  ['percent-encoded dots', jwt(HEADER, '{"role":"service_role"}').replaceAll('.', '%2E')],
  ['white space', `${jwt(HEADER, '{}')} `],
  ['padding', `${part(HEADER)}=.${part('{}')}.c2ln`],
  ['standard base64 characters', `${part(HEADER)}.e+/9.c2ln`],
  ['two parts', `${part(HEADER)}.${part('{}')}`],
  ['four parts', `${jwt(HEADER, '{}')}.c2ln`],
  ['too deep claims', jwt(HEADER, `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
])('refuses a JWT with %s', (_name, token) => {
  expect(decodeJwt(token)).toBeUndefined();
});

test('bounds the depth of JSON, without counting brackets in strings', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect(parseJson(nested(MAX_JSON_DEPTH))).toBeDefined();
  expect(parseJson(nested(MAX_JSON_DEPTH + 1))).toBeUndefined();
  expect(parseJson(JSON.stringify(`\\"${'['.repeat(5000)}`))).toBe(`\\"${'['.repeat(5000)}`);
  expect(isTooDeep(`[${'[],'.repeat(5000)}[]]`)).toBe(false);
});
