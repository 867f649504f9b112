import { expect, test } from 'vitest';
import { startTestStack } from '../../helpers/stack.ts';

// `enabled` is CLI 3's name for what `enable_signup` has been under [auth.email] and [auth.sms].
test.each([
  [{}, [true, false]],
  [{ email: { enable_signup: false }, sms: { enable_signup: true } }, [false, true]],
  [{ email: { enabled: false }, sms: { enabled: true } }, [false, true]],
  [
    { email: { enabled: true, enable_signup: false }, sms: { enabled: false, enable_signup: true } },
    [true, false],
  ],
])('the providers with %j', async (auth, expected) => {
  await using stack = await startTestStack({}, { config: { auth } });
  const response = await fetch(`${stack.url}/auth/v1/settings`, {
    headers: { apikey: stack.publishableKey },
  });
  const { external } = (await response.json()) as { external: { email: boolean; phone: boolean } };
  expect([external.email, external.phone]).toEqual(expected);
  const email = 'a@example.com';
  const { error } = await stack.client().auth.signUp({ email, password: 'password' });
  expect(error?.code).toBe(external.email ? undefined : 'email_provider_disabled');
});

test('codes in messages have the length that [auth.sms] otp_length asks for', async () => {
  await using stack = await startTestStack(
    {},
    { config: { auth: { sms: { enabled: true, otp_length: 8, twilio: { enabled: true } } } } },
  );
  const { error } = await stack.client().auth.signInWithOtp({ phone: '+41790000000' });
  expect(error).toBeNull();
  const inbox = await fetch(`${stack.url}/__supabase/mail/api/v1/messages`);
  expect(JSON.stringify(await inbox.json())).toMatch(/\b\d{8}\b/);
});
