import { expect, test } from 'vitest';
import { createTotpSecret, totpCode, verifyTotp } from '../../../plugin/stack/auth/mfa/totp.ts';

// RFC 6238, appendix B: the SHA-1 key "12345678901234567890", the last six of its eight digits.
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %i seconds the code is %s', (seconds, code) => {
  expect(totpCode(SECRET, Math.floor(seconds / 30))).toBe(code);
  expect(verifyTotp(SECRET, code, seconds * 1000)).toBe(true);
});

test('accepts the codes next to the current one and no others', () => {
  const now = 1_234_567_890_000;
  expect([-60, -30, 0, 30, 60].map((shift) => verifyTotp(SECRET, '005924', now + shift * 1000))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
  expect(verifyTotp(SECRET, '', now)).toBe(false);
});

test('makes secrets of 160 bits', () => {
  expect(createTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
});
