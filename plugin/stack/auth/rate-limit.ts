import { LRUCache } from 'lru-cache';
import { AuthError, tooMany } from './errors.ts';
import type { AuthRequest } from './http/request.ts';
import type { RateLimitSettings } from './settings/settings.ts';

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

export interface RateLimiter {
  /** @throws AuthError 429 over_request_rate_limit; never when the limits are off */
  checkRequest(limit: Limit, req: AuthRequest): void;
  /** @throws AuthError 429 over_email_send_rate_limit */
  checkEmail(): void;
  /** @throws AuthError 429 over_sms_send_rate_limit */
  checkSms(): void;
}

const BURST = 30;
const FIVE_MINUTES = 300;
const HOUR = 3600;
const MAX_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  time: number;
}

/** Token buckets: per client and limit with a burst of 30, and one bucket each for all mails and all messages of an hour. */
export function createRateLimiter(settings: RateLimitSettings): RateLimiter {
  const clients = new LRUCache<string, Bucket>({ max: MAX_CLIENTS });
  const email: Bucket = { tokens: settings.emailSent ?? 0, time: performance.now() };
  const sms: Bucket = { tokens: settings.smsSent, time: performance.now() };
  const otp = settings.signInSignUps / FIVE_MINUTES;
  const rates: Readonly<Record<Limit, number>> = {
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
  return {
    checkRequest(limit, req) {
      if (settings.header === undefined) return;
      const client = String(req.headers[settings.header.toLowerCase()] ?? '')
        .split(',')[0]
        ?.trim();
      if (!client) return;
      const key = `${limit} ${client}`;
      let bucket = clients.get(key);
      if (!bucket) clients.set(key, (bucket = { tokens: BURST, time: performance.now() }));
      if (!take(bucket, rates[limit], BURST)) {
        throw tooMany('over_request_rate_limit', 'Request rate limit reached');
      }
    },
    checkEmail() {
      const limit = settings.emailSent;
      if (limit === undefined || take(email, limit / HOUR, limit)) return;
      throw new AuthError(429, 'over_email_send_rate_limit', 'email rate limit exceeded');
    },
    checkSms() {
      if (take(sms, settings.smsSent / HOUR, settings.smsSent)) return;
      throw new AuthError(429, 'over_sms_send_rate_limit', 'SMS rate limit exceeded');
    },
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
