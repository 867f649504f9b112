import { randomBytes } from 'node:crypto';
import { AuthError, invalid, type WeakPassword } from '../errors.ts';
import type { AuthSettings } from '../settings/settings.ts';
import { MAX_PASSWORD_BYTES } from './password-hash.ts';

// GoTrue v2.196 internal/api/password.go

/**
 * How a password breaks the rules of `[auth]`; undefined when it keeps them.
 *
 * @throws AuthError 400 over 72 bytes
 */
export function findPasswordWeakness(
  rules: AuthSettings['password'],
  password: string,
): WeakPassword | undefined {
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw invalid(`Password cannot be longer than ${MAX_PASSWORD_BYTES} characters`);
  }
  const messages: string[] = [];
  const reasons: string[] = [];
  if (Buffer.byteLength(password) < rules.minLength) {
    reasons.push('length');
    messages.push(`Password should be at least ${rules.minLength} characters.`);
  }
  const lacks = (set: string): boolean => !Array.from(password).some((character) => set.includes(character));
  if (rules.requiredCharacters.some(lacks)) {
    reasons.push('characters');
    const sets = rules.requiredCharacters.join(', ');
    messages.push(`Password should contain at least one character of each: ${sets}.`);
  }
  return reasons.length > 0 ? { message: messages.join(' '), reasons } : undefined;
}

/** @throws AuthError 422 weak_password, 400 over 72 bytes */
export function checkPasswordStrength(rules: AuthSettings['password'], password: string): void {
  const weakness = findPasswordWeakness(rules, password);
  if (weakness) throw new AuthError(422, 'weak_password', weakness.message, { weakPassword: weakness });
}

/** A random password for an account that is created without one. */
export function randomPassword(): string {
  return randomBytes(48).toString('base64url');
}

/** A random password that keeps these rules: it has a character of every required class. */
export function randomPasswordFor(rules: AuthSettings['password']): string {
  const needed = rules.requiredCharacters.map((set) => set.charAt(0)).join('');
  return needed + randomPassword().slice(0, Math.max(33, rules.minLength) - needed.length);
}
