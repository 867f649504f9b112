import type { ReadSession } from '../explain/facts/explain-database.ts';
import { InvalidChange, type Change } from './change.ts';
import { withConnection } from './connection.ts';

/** The sessions of a user, the newest first; Auth's admin API has none. */
export function listSessions(session: ReadSession, user: string): Promise<unknown[]> {
  return session.rows(
    `select id, created_at as "createdAt", refreshed_at at time zone 'utc' as "refreshedAt", not_after as until,
       aal::text as level, host(ip) as ip, user_agent as "userAgent"
     from auth.sessions where user_id::text = $1 order by created_at desc limit 100`,
    [user],
  );
}

/** `POST end-sessions`: ends all sessions of `user`, as signing out everywhere does, and returns how many. */
export const endSessions: Change = async ({ user }, { options }) => {
  if (typeof user !== 'string') throw new InvalidChange('user is needed');
  return withConnection(options, async (client) => {
    const { rowCount } = await client.query('delete from auth.sessions where user_id::text = $1', [user]);
    return { ended: rowCount };
  });
};
