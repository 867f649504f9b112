import { createHash } from 'node:crypto';
import { invalid } from './errors.ts';
import type { CodeChallenge } from './db/flow-states.ts';

// As the original's checker: a dot-separated local part of common characters, then a host name.
const EMAIL =
  /^[a-zA-Z\d.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?(?:\.[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?)*$/;

/** The address in lower case. @throws AuthError 400 validation_failed */
export function checkEmail(email: string): string {
  if (email === '') throw invalid('An email address is required');
  if (Buffer.byteLength(email) > 255) throw invalid('An email address is too long');
  if (!EMAIL.test(email)) throw invalid('Unable to validate email address: invalid format');
  return email.toLowerCase();
}

export function formatPhone(phone: string): string {
  return phone.replace(/^\+/, '').replaceAll(' ', '');
}

/** The number without "+" and spaces. @throws AuthError 400 validation_failed */
export function checkPhone(phone: string): string {
  const digits = formatPhone(phone);
  if (!/^[1-9]\d{1,14}$/.test(digits)) throw invalid('Invalid phone number format (E.164 required)');
  return digits;
}

/** Only SMS: WhatsApp needs Twilio. @throws AuthError 400 validation_failed */
export function checkChannel(channel: string): void {
  if (channel === 'sms') return;
  throw invalid(
    "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider.",
  );
}

/** Both or none, and a challenge of the right length. @throws AuthError 400 validation_failed */
export function checkCodeChallenge(challenge: string, method: string): CodeChallenge {
  if ((challenge === '') !== (method === '')) {
    throw invalid('PKCE flow requires code_challenge_method and code_challenge');
  }
  if (challenge === '') return { challenge, method };
  if (challenge.length < 43 || challenge.length > 128) {
    throw invalid('code challenge has to be between 43 and 128 characters');
  }
  if (!/^[a-zA-Z._~\d-]+$/.test(challenge)) {
    throw invalid(
      'code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes',
    );
  }
  return { challenge, method };
}

/** How a code is kept: only together with the address or number that it was sent to. */
export function hashCode(recipient: string, code: string): string {
  return createHash('sha224')
    .update(recipient + code)
    .digest('hex');
}

export const PKCE_PREFIX = 'pkce_';

/** Seconds that are left, in the original's words. */
export function frequencyMessage(sentAt: string, seconds: number): string {
  const left = Math.trunc((Date.parse(sentAt) + seconds * 1000 - Date.now()) / 1000);
  return `For security purposes, you can only request this after ${left} seconds.`;
}
