import { invalid } from './errors.ts';

// GoTrue v2.196 internal/api/mail.go, phone.go

// GoTrue's library (checkmail): a local part of common characters, then a host name.
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

/** Accepts only SMS, because WhatsApp needs Twilio. @throws AuthError 400 validation_failed */
export function checkChannel(channel: string): void {
  if (channel === 'sms') return;
  throw invalid(
    "Invalid channel, supported values are 'sms' or 'whatsapp'. 'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider.",
  );
}
