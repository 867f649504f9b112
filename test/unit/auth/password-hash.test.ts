import { expect, test } from 'vitest';
import {
  hashPassword,
  isPasswordHash,
  verifyPassword,
} from '../../../plugin/stack/auth/secrets/password-hash.ts';

const KEY = 'ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjnN0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==';
const SCRYPT_HASH =
  'zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw==';
const firebase = (
  cost: string,
  separator = 'Bw==',
  key = KEY,
  salt = 'C0sHCg9ek77hsg==',
  hash = SCRYPT_HASH,
) => `$fbscrypt$${cost},ss=${separator},sk=${key}$${salt}$${hash}`;

// The vectors of GoTrue's own test (internal/crypto/password_test.go), and hashes that other libraries made.
test.for([
  ['$argon2i$v=19$m=16,t=2,p=1$bGJRWThNOHJJTVBSdHl2dQ$NfEnUOuUpb7F2fQkgFUG4g', 'test'],
  ['$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk', 'test'],
  ['$2y$04$mIJxfrCaEI3GukZe11CiXublhEFanu5.ododkll1WphfSp6pn4zIu', 'test'],
  ['$2y$10$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve', 'test'],
  ['$2a$10$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve', 'test'],
  ['$2b$10$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve', 'test'],
  [firebase('v=1,n=14,r=8,p=1'), 'mytestpassword'],
] as const)('verifies %s', async ([hash, password]) => {
  expect(isPasswordHash(hash)).toBe(true);
  expect(await verifyPassword(hash, password)).toBe(true);
  expect(await verifyPassword(hash, `${password}1`)).toBe(false);
  expect(await verifyPassword(hash, '')).toBe(false);
});

const argon2 = (kind: string, salt = 'bGJRWThNOHJJTVBSdHl2dQ', hash = 'NfEnUOuUpb7F2fQkgFUG4g') =>
  `$${kind}$${salt}$${hash}`;

test.for([
  'not-a-hash',
  '',
  '$2a$10$short',
  '$2a$99$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve',
  '$2c$10$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve',
  argon2('argon2d$v=19$m=16,t=2,p=1'),
  argon2('argon2id$v=16$m=16,t=2,p=1'),
  argon2('argon2id$v=19$m=16,t=2,p=1,data=abc'),
  argon2('argon2id$v=19$m=16,t=2,p=1,keyid=abc'),
  argon2('argon2id$v=19$m=4294967297,t=2,p=1'),
  argon2('argon2id$v=19$m=1048577,t=2,p=1'),
  argon2('argon2id$v=19$m=16,t=21,p=1'),
  argon2('argon2id$v=19$m=16,t=2,p=17'),
  argon2('argon2id$v=19$m=16,t=2,p=1', '!!!'),
  argon2('argon2id$v=19$m=16,t=2,p=1', undefined, '!!!'),
  argon2('argon2id$v=19$m=16,t=2,p=1', ''),
  argon2('argon2id$v=19$m=16,t=2,p=1', undefined, ''),
  firebase('v=2,n=14,r=8,p=1'),
  firebase('v=1,n=4294967297,r=8,p=1'),
  firebase('v=1,n=0,r=8,p=1'),
  firebase('v=1,n=14,r=18446744073709551617,p=1'),
  firebase('v=1,n=14,r=0,p=1'),
  firebase('v=1,n=14,r=8,p=256'),
  firebase('v=1,n=14,r=8,p=0'),
  firebase('v=1,n=14,r=8,p=1', '!!!'),
  firebase('v=1,n=14,r=8,p=1', undefined, '!!!'),
  firebase('v=1,n=14,r=8,p=1', undefined, undefined, '!!!'),
  firebase('v=1,n=14,r=8,p=1', undefined, undefined, undefined, '!!!'),
])('does not take %s', async (hash) => {
  expect(isPasswordHash(hash)).toBe(false);
  expect(await verifyPassword(hash, 'test')).toBe(false);
});

test.for([
  ['a cost without end', firebase('v=1,n=40,r=9999,p=255')],
  ['argon2 without a round', argon2('argon2id$v=19$m=16,t=0,p=1')],
  ['argon2 with too little memory', argon2('argon2i$v=19$m=1,t=1,p=16')],
])('belongs to no password: %s', async ([, hash]) => {
  expect(await verifyPassword(hash ?? '', 'test')).toBe(false);
});

test('hashes with bcrypt, in the form that pgcrypto reads too', async () => {
  const hash = await hashPassword('correct-horse');
  expect(hash).toMatch(/^\$2a\$10\$/);
  expect(await verifyPassword(hash, 'correct-horse')).toBe(true);
});

test('requests are served while a costly hash is computed', async () => {
  const salt = 'bGJRWThNOHJJTVBSdHl2dQ';
  const slow = verifyPassword(`$argon2id$v=19$m=131072,t=6,p=1$${salt}$NfEnUOuUpb7F2fQkgFUG4g`, 'test');
  let turns = 0;
  let next: NodeJS.Immediate;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  count();
  void slow.finally(() => clearImmediate(next));
  expect(await slow).toBe(false);
  expect(turns).toBeGreaterThan(100);
}, 30_000);
