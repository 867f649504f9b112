import { SupabaseDevError } from '../shared/errors.ts';

/**
 * An error as test runners should print it: what went wrong, where in the user's file, and what to do. They print message
 * and stack of an error only, and of this package's the way through it helps nobody.
 */
export function explainError(error: unknown): unknown {
  if (!(error instanceof SupabaseDevError)) return error;
  const { code, hint, location, message } = error;
  const parts = [message, location?.frame, hint === undefined ? undefined : `What to do: ${hint}`];
  const explained = new Error(parts.filter((part) => part !== undefined).join('\n\n'));
  explained.name = `Supabase (${code})`;
  explained.stack = `${explained.name}: ${explained.message}`;
  return explained;
}
