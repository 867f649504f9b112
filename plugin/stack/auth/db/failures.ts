import { AuthError, internal, OAuthError } from '../errors.ts';
import { CommitWithError } from './database.ts';

/** An error of PostgreSQL, as far as its fields matter here. */
interface DatabaseError extends Error {
  readonly code: string;
  readonly schema?: string;
  readonly table?: string;
  readonly constraint?: string;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** A row of this table of schema auth exists already; a unique key of the user's own tables is another matter. */
export function isTaken(error: unknown, table: string, constraints: readonly string[]): boolean {
  return (
    isDatabaseError(error) &&
    error.code === '23505' &&
    error.schema === 'auth' &&
    error.table === table &&
    constraints.includes(error.constraint ?? '')
  );
}

/** Another user has this address or number. */
export function isAddressTaken(error: unknown): boolean {
  return isTaken(error, 'users', ['users_email_partial_key', 'users_phone_key']);
}

/** Whether PostgreSQL refused U+0000, which neither text nor jsonb can hold. */
export function hasNulCharacter(error: unknown): boolean {
  return isDatabaseError(error) && (error.code === '22P05' || error.code === '22021');
}

/**
 * For `.catch()` of a part of an operation: gives its failure GoTrue's words, with the failure as the cause. Errors that
 * already say what to answer pass unchanged.
 */
export function failAs(message: string): (error: unknown) => never {
  return (error) => {
    const isAnswer =
      error instanceof AuthError || error instanceof OAuthError || error instanceof CommitWithError;
    throw isAnswer || hasNulCharacter(error) ? error : internal(message, error);
  };
}
