import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Logger } from '../../../plugin/shared/logger.ts';
import { createTestClient, startAuth, waitForMail, type TestStack } from './start-auth.ts';

const redirectTo = 'https://app.example.com/welcome?x=1&y=2';
const errors: string[] = [];
const logger: Logger = { info() {}, warn: (text) => errors.push(text), error: (text) => errors.push(text) };
let stack: TestStack;

beforeAll(async () => {
  const config = `
    [auth]
    site_url = "https://app.example.com"
    additional_redirect_urls = ["https://app.example.com/**"]
    [auth.email]
    enable_confirmations = true
    max_frequency = "1ms"
    [auth.email.template.confirmation]
    subject = "{{ .Data.name }}, confirm {{ .Email }}"
    content_path = "./supabase/templates/confirmation.html"
    [auth.email.template.invite]
    subject = "Come in"
    content_path = "./supabase/templates/invite.html"
    [auth.email.template.recovery]
    content = '<a href="{{ if .Data }}/a?x={{ end }}{{ .Token }}">reset</a>'
    [auth.email.template.magic_link]
    content = "{{ len .Data.number }}"
    [auth.sms]
    enable_signup = true
    max_frequency = "1ms"
    template = "{{ slice .Code 0 3 }}-{{ slice .Code 3 }} & {{ .Missing }}"
    [auth.sms.twilio]
    enabled = true
  `;
  stack = await startAuth(config, {
    logger,
    files: {
      'templates/confirmation.html': `<a href="{{ .SiteURL }}/auth/confirm?token_hash={{ .TokenHash }}&type=email&next={{ .RedirectTo }}">Confirm</a>
<a href="{{ .Data.site }}">site</a> <a href="/of/{{ .Data.name }}">profile</a> <!-- note -->
{{- range $i, $tag := .Data.tags }}{{ if $i }}, {{ end }}{{ $tag }}{{ end }} {{ .Data.number }} {{ .NewEmail }}
<script>const name = {{ .Data.name }};</script>`,
      'templates/invite.html': '<h1>Welcome</h1>\n\n<p>{{ .Token </p>',
    },
  });
});
afterAll(() => stack.stop());

test("a mail's values are escaped by where they stand", async () => {
  const { error } = await createTestClient(stack).auth.signUp({
    email: 'ann+1@example.com',
    password: 'correct-horse',
    options: {
      emailRedirectTo: redirectTo,
      data: { name: 'Ann <b>/"O\'B"', site: 'javascript:alert(1)', tags: ['x', 'y&z'], number: 1234567 },
    },
  });
  expect(error).toBeNull();
  const mail = await waitForMail(stack, 'ann+1@example.com');
  expect(mail.Subject).toBe('Ann &lt;b&gt;/&#34;O&#39;B&#34;, confirm ann&#43;1@example.com');
  expect(mail.HTML.replace(/token_hash=\w+/, 'token_hash=HASH')).toBe(
    `<a href="https://app.example.com/auth/confirm?token_hash=HASH&type=email&next=https%3a%2f%2fapp.example.com%2fwelcome%3fx%3d1%26y%3d2">Confirm</a>
<a href="#ZgotmplZ">site</a> <a href="/of/Ann%20%3cb%3e/%22O%27B%22">profile</a> x, y&amp;z 1.234567e&#43;06 
<script>const name = "Ann \\u003cb\\u003e/\\"O'B\\"";</script>`,
  );
});

test('a template that cannot be read is named with its line, and its mail has the default subject and text', async () => {
  expect(errors.join('\n')).toMatch(/\.\/supabase\/templates\/invite\.html:3: /);
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
  expect((await admin.inviteUserByEmail('guest@example.com')).error).toBeNull();
  const mail = await waitForMail(stack, 'guest@example.com');
  expect(mail.Subject).toBe("You've been invited");
  expect(mail.HTML).toContain('Accept invitation');
});

test.each([
  ['recovery', 'auth.email.template.recovery.content:1: ', 'recovery'],
  ['magic_link', 'auth.email.template.magic_link.content:1: error calling len', 'magic link'],
])('a template whose mail cannot be made: %s', async (name, logged, words) => {
  const email = `${name}@example.com`;
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
  await admin.createUser({ email, email_confirm: true, user_metadata: { number: 1 } });
  const client = createTestClient(stack);
  const { error } =
    name === 'recovery'
      ? await client.auth.resetPasswordForEmail(email)
      : await client.auth.signInWithOtp({ email });
  expect(error).toMatchObject({
    status: 500,
    message: `Error sending ${words} email`,
  });
  expect(errors.join('\n')).toContain(logged);
});

test('a text message whose template does not fit', async () => {
  const { error } = await createTestClient(stack).auth.signInWithOtp({ phone: '491234567' });
  expect(error).toMatchObject({ status: 500, message: 'error generating sms template' });
});

test('a template of text messages that cannot be read names the setting', async () => {
  const config = '[auth.sms]\ntemplate = "{{ .Code"\n[auth.sms.twilio]\nenabled = true';
  await expect(startAuth(config)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('auth.sms.template'),
  });
});
