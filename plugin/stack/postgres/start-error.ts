import { SupabaseDevError } from '../../shared/errors.ts';

/** The error of every failure between initdb and a ready server. */
export function startError(
  message: string,
  details: { cause?: unknown; hint?: string } = {},
): SupabaseDevError {
  return new SupabaseDevError('POSTGRES_START', `PostgreSQL does not start: ${message}`, details);
}
