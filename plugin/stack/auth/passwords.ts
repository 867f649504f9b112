import { availableParallelism } from 'node:os';
import { randomBytes, randomInt } from 'node:crypto';
import bcrypt from 'bcrypt';
import type { AuthSettings } from './settings.ts';
import { AuthError, invalid, type WeakPassword } from './errors.ts';

const COST = 10;
const MAX_BYTES = 72;

// bcrypt runs in libuv's pool of four threads, which files and DNS need as well, and one core stays free for the dev
// server and PostgreSQL: sign-ins wait for each other rather than everything else for them.
const MAX_CONCURRENT = Math.max(1, Math.min(3, availableParallelism() - 1));
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MAX_CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** bcrypt with the prefix `$2a$`, the one that pgcrypto's crypt() knows. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(async () => bcrypt.hash(password, await bcrypt.genSalt(COST, 'a')));
}

/** False for an empty or unreadable hash. */
export async function verifyPassword(hashed: string | null, password: string): Promise<boolean> {
  if (!hashed || !isPasswordHash(hashed) || Buffer.byteLength(password) > MAX_BYTES) return false;
  // bcrypt reads `$2a$` and `$2b$`; `$2y$` and `$2x$` are other names of the same algorithm for text without a NUL.
  const readable = hashed.replace(/^\$2[xy]?\$/, '$2b$');
  return inTurn(() => bcrypt.compare(password, readable).catch(() => false));
}

export function isPasswordHash(text: string): boolean {
  return /^\$2[abxy]?\$\d\d\$[./A-Za-z\d]{53}$/.test(text);
}

/** What is wrong with a password by `[auth]`'s rules; undefined when it is good enough. @throws AuthError over 72 bytes */
export function findPasswordWeakness(
  rules: AuthSettings['password'],
  password: string,
): WeakPassword | undefined {
  if (Buffer.byteLength(password) > MAX_BYTES) {
    throw invalid(`Password cannot be longer than ${MAX_BYTES} characters`);
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

/** A password nobody knows, for accounts that are made without one. */
export function randomPassword(): string {
  return randomBytes(48).toString('base64url');
}

/** A code of this many decimal digits, each equally likely. */
export function randomCode(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}
