import { afterAll, beforeAll, expect, test } from 'vitest';
import { totpCode } from '../../../plugin/stack/auth/mfa/totp.ts';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth(`
    [auth.mfa.totp]
    enroll_enabled = true
    verify_enabled = true`);
});

afterAll(() => stack.stop());

test('reaches aal2 with an authenticator app', async () => {
  const supabase = createTestClient(stack);
  await supabase.auth.signUp({ email: 'mfa@example.com', password: 'correct-horse' });
  const enrolled = await supabase.auth.mfa.enroll({
    factorType: 'totp',
    friendlyName: 'Phone',
    issuer: 'Shop',
  });
  expect(enrolled.error).toBeNull();
  const factor = enrolled.data;
  if (factor?.type !== 'totp') throw new Error('no factor');
  expect(factor.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<\?xml|^data:image\/svg\+xml;utf-8,<svg/);
  expect(factor.totp.uri).toContain(`secret=${factor.totp.secret}`);

  const wrong = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: '000000' });
  expect(wrong.error?.code).toBe('mfa_verification_failed');
  const now = (): string => totpCode(factor.totp.secret, Math.floor(Date.now() / 30_000));
  const right = await supabase.auth.mfa.challengeAndVerify({ factorId: factor.id, code: now() });
  expect(right.error).toBeNull();
  expect((await supabase.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
    currentLevel: 'aal2',
    nextLevel: 'aal2',
  });

  const other = createTestClient(stack);
  await other.auth.signInWithPassword({ email: 'mfa@example.com', password: 'correct-horse' });
  expect((await other.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
    currentLevel: 'aal1',
    nextLevel: 'aal2',
  });
  expect((await other.auth.updateUser({ password: 'another-horse' })).error?.code).toBe('insufficient_aal');
  expect((await other.auth.mfa.unenroll({ factorId: factor.id })).error?.code).toBe('insufficient_aal');
  expect((await supabase.auth.mfa.unenroll({ factorId: factor.id })).error).toBeNull();
  expect((await supabase.auth.mfa.listFactors()).data?.all).toEqual([]);
});
