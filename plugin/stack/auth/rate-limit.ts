import { LRUCache } from 'lru-cache';
import { tooMany } from './errors.ts';
import type { AuthRequest } from './http/request.ts';
import type { RateLimitSettings } from './settings/settings.ts';

// GoTrue v2.196 internal/api/apilimiter/apilimiter.go

/** Operations that are limited per client; the numbers come from `[auth.rate_limit]`. */
export type Limit =
  | 'anonymous'
  | 'signup'
  | 'otp'
  | 'recover'
  | 'resend'
  | 'magiclink'
  | 'user'
  | 'token'
  | 'verify'
  | 'factor-challenge'
  | 'factor-verify'
  | 'passkey'
  | 'oauth-register';

const BURST = 30;
const FIVE_MINUTES = 300;
const HOUR = 3600;
const MAX_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  time: number;
}

/** Token buckets: per client and limit with a burst of 30, and one bucket each for all mails and all messages of an hour. */
export class RateLimiter {
  readonly #settings: RateLimitSettings;
  /** Tokens per second. */
  readonly #rates: Readonly<Record<Limit, number>>;
  readonly #clients = new LRUCache<string, Bucket>({ max: MAX_CLIENTS });
  readonly #email: Bucket;
  readonly #sms: Bucket;

  constructor(settings: RateLimitSettings) {
    this.#settings = settings;
    this.#rates = ratesOf(settings);
    this.#email = { tokens: settings.emailSent ?? 0, time: performance.now() };
    this.#sms = { tokens: settings.smsSent, time: performance.now() };
  }

  /** @throws AuthError 429 over_request_rate_limit; never when the limits are off */
  checkRequest(limit: Limit, req: AuthRequest): void {
    const { header } = this.#settings;
    if (header === undefined) return;
    const client = String(req.headers[header.toLowerCase()] ?? '')
      .split(',')[0]
      ?.trim();
    if (!client) return;
    const key = `${limit} ${client}`;
    let bucket = this.#clients.get(key);
    if (!bucket) this.#clients.set(key, (bucket = { tokens: BURST, time: performance.now() }));
    if (!take(bucket, this.#rates[limit], BURST)) {
      throw tooMany('over_request_rate_limit', 'Request rate limit reached');
    }
  }

  /** @throws AuthError 429 over_email_send_rate_limit */
  checkEmail(): void {
    const { emailSent } = this.#settings;
    if (emailSent === undefined || take(this.#email, emailSent / HOUR, emailSent)) return;
    throw tooMany('over_email_send_rate_limit', 'email rate limit exceeded');
  }

  /** @throws AuthError 429 over_sms_send_rate_limit */
  checkSms(): void {
    const { smsSent } = this.#settings;
    if (take(this.#sms, smsSent / HOUR, smsSent)) return;
    throw tooMany('over_sms_send_rate_limit', 'SMS rate limit exceeded');
  }
}

function ratesOf(settings: RateLimitSettings): Record<Limit, number> {
  const otp = settings.signInSignUps / FIVE_MINUTES;
  return {
    anonymous: settings.anonymousUsers / HOUR,
    signup: otp,
    otp,
    recover: otp,
    resend: otp,
    magiclink: otp,
    user: otp,
    token: settings.tokenRefresh / FIVE_MINUTES,
    verify: settings.tokenVerifications / FIVE_MINUTES,
    'factor-challenge': 15 / 60,
    'factor-verify': 15 / 60,
    passkey: otp,
    'oauth-register': 10 / HOUR,
  };
}

function take(bucket: Bucket, perSecond: number, burst: number): boolean {
  const now = performance.now();
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.time) / 1000) * perSecond);
  bucket.time = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
