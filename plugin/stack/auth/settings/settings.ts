import type { Section } from '../../config/section.ts';
import type { StackContext } from '../../context.ts';
import { readExternalProviders, type ExternalProvider } from './external.ts';
import type { TextTemplate } from '../go-template/template.ts';
import { readHooks, type HookName, type HookSettings } from './hooks.ts';
import { readMailTemplates, type MailTemplateSource } from './mails.ts';
import { isRedirectPattern } from './redirect-pattern.ts';
import { readSmsTemplate } from './sms-template.ts';

/** `[auth]` of supabase/config.toml; every default is the Supabase CLI's. Durations are seconds. */
export interface AuthSettings {
  readonly siteUrl: string;
  /** Whether config.toml names `site_url`: otherwise the origin that the browser uses is the site. */
  readonly hasSiteUrl: boolean;
  readonly externalUrl: string | undefined;
  readonly additionalRedirectUrls: readonly string[];
  readonly jwtExpiry: number;
  readonly jwtIssuer: string | undefined;
  readonly enableSignup: boolean;
  readonly anonymousSignIns: boolean;
  readonly manualLinking: boolean;
  readonly refreshTokenRotation: boolean;
  readonly refreshTokenReuseInterval: number;
  readonly password: { readonly minLength: number; readonly requiredCharacters: readonly string[] };
  readonly email: EmailSettings;
  readonly sms: SmsSettings;
  readonly sessions: { readonly timebox: number; readonly inactivityTimeout: number };
  readonly mfa: MfaSettings;
  readonly external: ReadonlyMap<string, ExternalProvider>;
  readonly hooks: ReadonlyMap<HookName, HookSettings>;
  readonly passkeys: boolean;
  readonly webauthn: {
    readonly rpId: string | undefined;
    readonly rpName: string;
    readonly rpOrigins: readonly string[];
  };
  readonly oauthServer: {
    readonly enabled: boolean;
    readonly authorizationPath: string;
    readonly dynamicRegistration: boolean;
  };
  readonly captcha: { readonly provider: string; readonly secret: string } | undefined;
  readonly rateLimits: RateLimitSettings;
}

export interface EmailSettings {
  readonly enabled: boolean;
  readonly autoconfirm: boolean;
  readonly doubleConfirmChanges: boolean;
  readonly securePasswordChange: boolean;
  readonly maxFrequency: number;
  readonly otpLength: number;
  readonly otpExpiry: number;
  readonly templates: ReadonlyMap<string, MailTemplateSource>;
  /** Names of the notifications that are enabled, such as `password_changed`. */
  readonly notifications: ReadonlySet<string>;
}

export interface SmsSettings {
  readonly enabled: boolean;
  readonly autoconfirm: boolean;
  readonly maxFrequency: number;
  readonly template: TextTemplate;
  readonly otpLength: number;
  readonly otpExpiry: number;
  /** Phone number without "+" → code. */
  readonly testOtp: ReadonlyMap<string, string>;
  /** The configured provider, '' for none. Nothing is sent to it: messages go to the inbox. */
  readonly provider: string;
}

export interface MfaSettings {
  readonly maxEnrolledFactors: number;
  readonly totp: { readonly enroll: boolean; readonly verify: boolean };
  readonly webauthn: { readonly enroll: boolean; readonly verify: boolean };
  readonly phone: {
    readonly enroll: boolean;
    readonly verify: boolean;
    readonly otpLength: number;
    readonly template: TextTemplate;
    readonly maxFrequency: number;
  };
}

export interface RateLimitSettings {
  /** Header that names the client; without it requests are not limited, as with the CLI. */
  readonly header: string | undefined;
  /** Mails per hour; only where they go to an SMTP server. */
  readonly emailSent: number | undefined;
  readonly smsSent: number;
  readonly anonymousUsers: number;
  readonly tokenRefresh: number;
  readonly signInSignUps: number;
  readonly tokenVerifications: number;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const SYMBOLS = '!@#$%^&*()_+-=[]{};\'\\:"|<>?,./`~';
const PASSWORD_REQUIREMENTS = {
  '': [],
  letters_digits: [LOWER + UPPER, DIGITS],
  lower_upper_letters_digits: [LOWER, UPPER, DIGITS],
  lower_upper_letters_digits_symbols: [LOWER, UPPER, DIGITS, SYMBOLS],
} as const;

const SMS_CREDENTIALS = [
  'account_sid',
  'message_service_sid',
  'content_sid',
  'auth_token',
  'originator',
  'access_key',
  'api_key',
  'api_secret',
  'sender',
  'from',
];
const SMS_PROVIDERS = ['twilio', 'twilio_verify', 'messagebird', 'textlocal', 'vonage'];

/**
 * Reads `[auth]`. The environment variable GOTRUE_RATE_LIMIT_HEADER enables request limits, as in GoTrue; the CLI leaves
 * it unset.
 *
 * @throws SupabaseDevError CONFIG_INVALID
 */
export async function readAuthSettings(
  { config, mailer }: Pick<StackContext, 'config' | 'mailer'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<AuthSettings> {
  const auth = config.section('auth');
  // Read with the other keys of the stack.
  auth.ignore(
    'publishable_key',
    'secret_key',
    'anon_key',
    'service_role_key',
    'jwt_secret',
    'signing_keys_path',
  );
  return {
    siteUrl: auth.string('site_url', 'http://127.0.0.1:3000'),
    hasSiteUrl: auth.has('site_url'),
    externalUrl: auth.string('external_url') || undefined,
    additionalRedirectUrls: readRedirectUrls(auth),
    jwtExpiry: auth.integer('jwt_expiry', 3600),
    jwtIssuer: auth.string('jwt_issuer') || undefined,
    enableSignup: auth.boolean('enable_signup', true),
    anonymousSignIns: auth.boolean('enable_anonymous_sign_ins', false),
    manualLinking: auth.boolean('enable_manual_linking', false),
    refreshTokenRotation: auth.boolean('enable_refresh_token_rotation', true),
    refreshTokenReuseInterval: auth.integer('refresh_token_reuse_interval', 10),
    password: {
      minLength: auth.integer('minimum_password_length', 6),
      requiredCharacters: readPasswordRequirements(auth),
    },
    email: await readEmail(auth.section('email'), config.supabaseDir),
    sms: readSms(auth.section('sms')),
    sessions: {
      timebox: auth.section('sessions').duration('timebox', 0),
      inactivityTimeout: auth.section('sessions').duration('inactivity_timeout', 0),
    },
    mfa: readMfa(auth.section('mfa')),
    external: readExternalProviders(auth.section('external')),
    hooks: readHooks(auth.section('hook')),
    passkeys: auth.section('passkey').boolean('enabled', false),
    webauthn: {
      rpId: auth.section('webauthn').string('rp_id'),
      rpName: auth.section('webauthn').string('rp_display_name', 'Supabase'),
      rpOrigins: auth.section('webauthn').strings('rp_origins'),
    },
    oauthServer: readOAuthServer(auth.section('oauth_server')),
    captcha: readCaptcha(auth.section('captcha')),
    rateLimits: readRateLimits(auth, env.GOTRUE_RATE_LIMIT_HEADER || undefined, mailer.server !== undefined),
  };
}

function readRedirectUrls(auth: Section): readonly string[] {
  const patterns = auth.strings('additional_redirect_urls', ['https://127.0.0.1:3000']);
  const wrong = patterns.find((pattern) => !isRedirectPattern(pattern));
  if (wrong === undefined) return patterns;
  throw auth.invalid('additional_redirect_urls', `has a pattern that cannot be read: ${wrong}`);
}

function readPasswordRequirements(auth: Section): readonly string[] {
  const names = Object.keys(PASSWORD_REQUIREMENTS) as (keyof typeof PASSWORD_REQUIREMENTS)[];
  return PASSWORD_REQUIREMENTS[auth.choice('password_requirements', names, '')];
}

async function readEmail(email: Section, supabaseDir: string): Promise<EmailSettings> {
  const { templates, notifications } = await readMailTemplates(email, supabaseDir);
  return {
    // The newer name of the setting, and the older one.
    enabled: email.boolean('enabled', email.boolean('enable_signup', true)),
    autoconfirm: !email.boolean('enable_confirmations', false),
    doubleConfirmChanges: email.boolean('double_confirm_changes', true),
    securePasswordChange: email.boolean('secure_password_change', false),
    maxFrequency: email.duration('max_frequency', 1),
    otpLength: email.integer('otp_length', 6),
    otpExpiry: email.integer('otp_expiry', 3600),
    templates,
    notifications,
  };
}

function readSms(sms: Section): SmsSettings {
  const provider = SMS_PROVIDERS.find((name) => sms.section(name).boolean('enabled', false)) ?? '';
  // No message leaves the machine, so credentials are not needed.
  for (const name of SMS_PROVIDERS) sms.section(name).ignore(...SMS_CREDENTIALS);
  return {
    enabled: sms.boolean('enabled', sms.boolean('enable_signup', false)),
    autoconfirm: !sms.boolean('enable_confirmations', false),
    maxFrequency: sms.duration('max_frequency', 5),
    template: readSmsTemplate(sms, provider !== ''),
    otpLength: sms.integer('otp_length', 6),
    otpExpiry: sms.integer('otp_expiry', 6000),
    testOtp: sms.section('test_otp').stringMap(),
    provider,
  };
}

function readMfa(mfa: Section): MfaSettings {
  const switches = (name: string): { enroll: boolean; verify: boolean } => ({
    enroll: mfa.section(name).boolean('enroll_enabled', false),
    verify: mfa.section(name).boolean('verify_enabled', false),
  });
  const phone = mfa.section('phone');
  const { enroll, verify } = switches('phone');
  return {
    maxEnrolledFactors: mfa.integer('max_enrolled_factors', 10),
    totp: switches('totp'),
    webauthn: switches('web_authn'),
    phone: {
      enroll,
      verify,
      otpLength: phone.integer('otp_length', 6),
      template: readSmsTemplate(phone, enroll || verify),
      maxFrequency: phone.duration('max_frequency', 5),
    },
  };
}

function readOAuthServer(section: Section): AuthSettings['oauthServer'] {
  return {
    enabled: section.boolean('enabled', false),
    authorizationPath: section.string('authorization_url_path', '/oauth/consent'),
    dynamicRegistration: section.boolean('allow_dynamic_registration', false),
  };
}

function readCaptcha(section: Section): AuthSettings['captcha'] {
  const provider = section.choice('provider', ['hcaptcha', 'turnstile'], 'hcaptcha');
  const secret = section.string('secret', '');
  return section.boolean('enabled', false) ? { provider, secret } : undefined;
}

function readRateLimits(
  auth: Section,
  header: string | undefined,
  isMailDelivered: boolean,
): RateLimitSettings {
  const limits = auth.section('rate_limit');
  const emailSent = limits.integer('email_sent', 2);
  return {
    header,
    emailSent: isMailDelivered ? emailSent : undefined,
    smsSent: limits.integer('sms_sent', 30),
    anonymousUsers: limits.integer('anonymous_users', 30),
    tokenRefresh: limits.integer('token_refresh', 150),
    signInSignUps: limits.integer('sign_in_sign_ups', 30),
    tokenVerifications: limits.integer('token_verifications', 30),
  };
}
