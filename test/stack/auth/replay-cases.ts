import type { Exchange } from './replay.ts';

const TEMPLATES = ['confirmation', 'invite', 'recovery', 'magic_link', 'email_change', 'reauthentication']
  .map(
    (name) => `[auth.email.template.${name}]
content = '<a href="{{ .ConfirmationURL }}">link</a> code={{ .Token }}'`,
  )
  .join('\n');

const TEST_PHONES = `[auth.sms.test_otp]
4152127777 = "123456"
4152128888 = "654321"
4152129999 = "111111"`;

const common = (rest: string): string => `[auth]
site_url = "http://127.0.0.1:3000"
${rest}
${TEMPLATES}
`;

/** The settings of the recorded instances, as config.toml. */
export const INSTANCES: Readonly<Record<string, string>> = {
  A: common(`enable_anonymous_sign_ins = true
enable_manual_linking = true
[auth.sms]
enable_signup = true
[auth.mfa.totp]
enroll_enabled = true
verify_enabled = true`),
  B: common(`enable_anonymous_sign_ins = true
enable_manual_linking = true
[auth.email]
enable_confirmations = true
[auth.sms]
enable_signup = true
enable_confirmations = true
${TEST_PHONES}
[auth.sms.twilio]
enabled = true
[auth.mfa.totp]
enroll_enabled = true
verify_enabled = true
[auth.external.github]
enabled = true
client_id = "dummy-client-id"
secret = "dummy"`),
  C: common(`enable_signup = false
enable_anonymous_sign_ins = true
[auth.sms]
enable_signup = true`),
  D: common(''),
  E: common(`enable_anonymous_sign_ins = true
minimum_password_length = 8
password_requirements = "letters_digits"
[auth.email]
max_frequency = "60s"
secure_password_change = true
double_confirm_changes = false
[auth.sms]
enable_signup = true
enable_confirmations = true`),
  F: common(`[auth.captcha]
enabled = true
provider = "hcaptcha"
secret = "0x0"
[auth.email]
enable_signup = false`),
};

/** An answer that differs from the recording on purpose: why, and every difference. */
interface Deviation {
  readonly reason: string;
  readonly differences: readonly string[];
}

const PREFLIGHT =
  'the gateway answers preflights (test/stack/gateway/cors.test.ts); Auth sees a plain OPTIONS';
const NO_TOKEN =
  '{"code":401,"error_code":"no_authorization","msg":"This endpoint requires a valid Bearer token"}';
const BAD_METHOD =
  'status 400 instead of 500: {"code":400,"error_code":"validation_failed","msg":"Invalid code_challenge_method"}';

/** By file and label. A deviation that no longer deviates, or differs in another way, fails its test. */
export const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  '14-admin-users.json 69 admin audit': {
    reason: 'three entries fewer than recorded; the recording does not show which',
    differences: [
      'header link: "</admin/audit?page=2&per_page=2>; rel=\\"next\\", </admin/audit?page=90&per_page=2>; rel=\\"last\\"" instead of "</admin/audit?page=2&per_page=2>; rel=\\"next\\", </admin/audit?page=91&per_page=2>; rel=\\"last\\""',
      'header x-total-count: "179" instead of "182"',
    ],
  },
  '17-errors-cors-versions.json 14 CORS preflight': {
    reason: PREFLIGHT,
    differences: ['status 405 instead of 204: '],
  },
  '17-errors-cors-versions.json 15 CORS preflight without apikey header': {
    reason: PREFLIGHT,
    differences: ['status 405 instead of 204: '],
  },
  '17-errors-cors-versions.json 16 CORS preflight DELETE': {
    reason: PREFLIGHT,
    differences: [`status 401 instead of 204: ${NO_TOKEN}`],
  },
  '17-errors-cors-versions.json 17 CORS preflight TRACE method (not allowed)': {
    reason: PREFLIGHT,
    differences: [`status 401 instead of 204: ${NO_TOKEN}`],
  },
  '17-errors-cors-versions.json 26 null byte in data': {
    reason: 'invalid input is a 400 here, not a failure of the database',
    differences: [
      'status 400 instead of 500: {"code":400,"error_code":"validation_failed","msg":"Text must not contain the character U+0000"}',
    ],
  },
  '19-other-settings.json 29 signup bad code_challenge_method (autoconfirm off)': {
    reason: 'invalid input is a 400 here, as GET /authorize answers it',
    differences: [BAD_METHOD],
  },
  '19-other-settings.json 30 otp bad code_challenge_method': {
    reason: 'invalid input is a 400 here, as GET /authorize answers it',
    differences: [BAD_METHOD],
  },
};

const SEND_LIMITS = [
  'confirmation_sent_at',
  'recovery_sent_at',
  'email_change_sent_at',
  'phone_change_sent_at',
  'reauthentication_sent_at',
];

const GITHUB_IDENTITY = `
  insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
  select 'c2c1a5a8-5cb0-442c-931d-aa0d62523a12', 'gh-1', id,
    '{"sub":"gh-1","email":"ver3-rv1300@example.com","user_name":"octo"}', 'github', now(), now(), now()
  from auth.users where email = 'ver3-rv1300@example.com'`;

const SENDS = /^\/(?:otp|recover|magiclink|resend|signup|reauthenticate|invite|user)\b/;

/** SQL in place of what the recorder did, or waited for, before this exchange. */
export function prepare({ name, request, response }: Exchange): string {
  if (/after the interval|reused late|more than 10s after/.test(name)) {
    return `update auth.refresh_tokens set updated_at = updated_at - interval '11 seconds'`;
  }
  if (/expired challenge/.test(name)) {
    return `update auth.mfa_challenges set created_at = created_at - interval '1 hour'`;
  }
  if (/flow state expired/.test(name))
    return `update auth.flow_state set created_at = created_at - interval '1 hour'`;
  if (/flow state is gone/.test(name)) return 'delete from auth.flow_state';
  if (/expired (?:code|link)/.test(name)) {
    return `update auth.users set recovery_sent_at = recovery_sent_at - interval '2 hours'`;
  }
  if (/session over 24h old/.test(name)) {
    return `update auth.sessions set created_at = created_at - interval '25 hours'`;
  }
  if (/user has two/.test(name)) return GITHUB_IDENTITY;
  if (response.status === 429 || !SENDS.test(request.path)) return '';
  const older = SEND_LIMITS.map(
    (column) => `${column} = case when ${column} > now() - interval '70 seconds'
      then ${column} - interval '70 seconds' else ${column} end`,
  );
  return `update auth.users set ${older.join(', ')}`;
}
