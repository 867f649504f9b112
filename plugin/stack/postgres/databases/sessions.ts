import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { DatabaseServer } from './server.ts';

/** Ends the connections to databases. */
export const END_SESSIONS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = any($1) and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`;

const POLL_MS = 5;
const MAX_POLLS = 100;

/**
 * Runs a statement that PostgreSQL allows only on databases that nobody is connected to. It locks their names and waits a
 * while for others to leave: they are ended all the time, and who connects now has to wait.
 */
export async function withoutSessions<T>(
  server: DatabaseServer,
  names: readonly string[],
  use: (admin: pg.Client) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const ending = server
    .administer(async (other) => {
      for (; !done.signal.aborted; await delay(POLL_MS)) await endSessions(other, names);
    })
    .catch(() => {});
  try {
    return await server.administer(async (admin) => {
      for (let poll = 0; poll < MAX_POLLS && (await endSessions(admin, names)) > 0; poll++)
        await delay(POLL_MS);
      return use(admin);
    });
  } finally {
    done.abort();
    await ending;
  }
}

/** Returns how many there were. */
async function endSessions(admin: pg.Client, names: readonly string[]): Promise<number> {
  return (await admin.query(END_SESSIONS, [names])).rowCount ?? 0;
}
