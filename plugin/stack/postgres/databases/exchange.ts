import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { hasErrorCode } from '../../../shared/errors.ts';
import { LIVE, PREVIOUS, REPLACED_PREFIX } from './names.ts';
import type { DatabaseServer } from './server.ts';
import { withoutSessions } from './sessions.ts';

const INVALID_CATALOG_NAME = '3D000';
const RETRY_MS = 250;
const MAX_RETRIES = 120;

interface Rename {
  readonly from: string;
  readonly to: string;
}

/**
 * Puts the database `next` in the place of the live one, which then has the name `PREVIOUS`: both or neither, whenever the
 * server is killed. What had this name gets one that begins with `REPLACED_PREFIX`: dropping takes longer than renaming.
 */
export async function exchange(server: DatabaseServer, next: string): Promise<void> {
  await replacePrevious(server, [{ from: next, to: LIVE }]);
}

/**
 * The same with `copy` in between, while nobody can connect: the old database already has the name `PREVIOUS`, and the new
 * one still its own. If `copy` fails, or the server ends, the old one is the live one again.
 */
export async function exchangeWith<T>(
  server: DatabaseServer,
  next: string,
  copy: () => Promise<T>,
): Promise<T> {
  await replacePrevious(server, []);
  try {
    const result = await copy();
    await rename(server, [{ from: next, to: LIVE }]);
    return result;
  } catch (error) {
    await restoreName(server);
    throw error;
  }
}

async function replacePrevious(server: DatabaseServer, others: readonly Rename[]): Promise<void> {
  const renames = [
    { from: PREVIOUS, to: REPLACED_PREFIX + randomBytes(6).toString('hex') },
    { from: LIVE, to: PREVIOUS },
    ...others,
  ];
  const names = renames.map(({ from }) => from);
  await withoutSessions(server, names, async (admin) => {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [PREVIOUS]);
    await renameOnce(admin, rowCount === 0 ? renames.slice(1) : renames);
  });
}

/**
 * Gives the old database its name back if an exchange was interrupted: then there is no live one.
 *
 * @throws what connecting throws, after a while: a server that was killed is being started again
 */
export async function restoreName(server: DatabaseServer): Promise<void> {
  for (let retry = 0; ; retry++) {
    try {
      await server.administer(async (admin) => {
        const { rowCount } = await admin.query('select from pg_database where datname = $1', [LIVE]);
        if (rowCount === 0) await renameOnce(admin, [{ from: PREVIOUS, to: LIVE }]);
      });
      return;
    } catch (error) {
      if (retry === MAX_RETRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}

/** Whether an error says that a database does not exist. */
export function isMissingDatabase(error: unknown): boolean {
  return hasErrorCode(error, INVALID_CATALOG_NAME);
}

/** Renames databases in one transaction, which ends all connections to them. */
export async function rename(server: DatabaseServer, renames: readonly Rename[]): Promise<void> {
  const names = renames.map(({ from }) => from);
  await withoutSessions(server, names, (admin) => renameOnce(admin, renames));
}

async function renameOnce(admin: pg.Client, renames: readonly Rename[]): Promise<void> {
  const { escapeIdentifier } = pg;
  const statements = renames.map(
    ({ from, to }) => `alter database ${escapeIdentifier(from)} rename to ${escapeIdentifier(to)}`,
  );
  try {
    await admin.query(`begin; ${statements.join(';')}; commit`);
  } catch (error) {
    await admin.query('rollback');
    throw error;
  }
}
