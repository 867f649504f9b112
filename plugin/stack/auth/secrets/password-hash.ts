import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { parseArgon2 } from './argon2.ts';
import { isSameBytes } from './compare.ts';
import { parseFirebaseScrypt } from './firebase-scrypt.ts';
import type { ImportedHash } from './imported-hash.ts';

// GoTrue v2.196 internal/crypto/password.go

const COST = 10;

/** bcrypt ignores what comes after so many bytes. */
export const MAX_PASSWORD_BYTES = 72;

/** Runs at most `limit` tasks at once; the others wait in the order in which they came. */
class Turns {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A waiting task inherits this turn, so that no newcomer can overtake it.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

// bcrypt runs on libuv's four threads. One of them stays free for files and DNS, and one core for the dev server and
// PostgreSQL: under load sign-ins wait for each other, and nothing else waits for them.
const turns = new Turns(Math.max(1, Math.min(3, availableParallelism() - 1)));

/** A bcrypt hash with the prefix `$2a$`, which crypt() of pgcrypto reads as well. */
export function hashPassword(password: string): Promise<string> {
  return turns.run(async () => bcrypt.hash(password, await bcrypt.genSalt(COST, 'a')));
}

/**
 * Whether the password belongs to the hash; false for an empty or unreadable hash. As in GoTrue, an imported hash stays as
 * it is after a sign-in.
 */
export async function verifyPassword(hashed: string | null, password: string): Promise<boolean> {
  if (!hashed) return false;
  const imported = parseImported(hashed);
  if (imported) {
    const derived = await turns.run(() => imported.derive(password)).catch(() => undefined);
    return derived !== undefined && isSameBytes(derived, imported.expected);
  }
  if (!BCRYPT.test(hashed) || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false;
  // The library reads `$2a$` and `$2b$`; `$2y$` and `$2x$` name the same algorithm for text without a NUL.
  const readable = hashed.replace(/^\$2[xy]?\$/, '$2b$');
  return turns.run(() => bcrypt.compare(password, readable).catch(() => false));
}

const BCRYPT = /^\$2[abxy]?\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z\d]{53}$/;

function parseImported(text: string): ImportedHash | undefined {
  return parseArgon2(text) ?? parseFirebaseScrypt(text);
}

/** Whether sign-ins can verify this hash: bcrypt, argon2i, argon2id or Firebase's scrypt. */
export function isPasswordHash(text: string): boolean {
  return BCRYPT.test(text) || parseImported(text) !== undefined;
}
