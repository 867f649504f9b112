import type { App } from '../app.ts';
import { userOf } from '../guards.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { deleteSession, deleteSessionsOfUser } from '../db/sessions.ts';
import { invalid } from '../errors.ts';
import { noContent, type Reply } from '../http/reply.ts';
import type { AuthRequest } from '../http/request.ts';

/** POST /logout: ends all sessions of the user (`global`), this one (`local`) or all but this one (`others`). */
export async function logout(app: App, req: AuthRequest): Promise<Reply> {
  const scope = req.query.get('scope') || 'global';
  if (!['global', 'local', 'others'].includes(scope)) {
    throw invalid(`Unsupported logout scope ${JSON.stringify(scope)}`);
  }
  const user = userOf(req);
  const { session } = req;
  await transaction(app.pool, async (db) => {
    await writeAudit(db, user, 'logout');
    if (session && scope === 'local') await deleteSession(db, session.id);
    else await deleteSessionsOfUser(db, user.id, scope === 'others' ? session?.id : undefined);
  });
  return noContent;
}
