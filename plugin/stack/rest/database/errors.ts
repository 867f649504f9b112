import pg from 'pg';

/** An error that PostgreSQL reported. */
export interface DatabaseError {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** Whether PostgreSQL itself reported the error, with an SQLSTATE. */
export function isDatabaseError(error: unknown): error is DatabaseError & Error {
  return error instanceof pg.DatabaseError && typeof error.code === 'string';
}

/** A failure of the connection rather than of a statement. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly phase: 'connect' | 'query';

  constructor(phase: ConnectionError['phase'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.phase = phase;
  }
}
