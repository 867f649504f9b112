import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { deleteSession, deleteSessionsOfUser } from '../db/sessions.ts';
import { invalid } from '../errors.ts';
import { noContent, type Reply } from '../http/reply.ts';
import type { SignedIn } from '../guards.ts';

// GoTrue v2.196 internal/api/logout.go

/** POST /logout: ends all sessions of the user (`global`), this one (`local`) or all but this one (`others`). */
export async function logout(ctx: Context, { user, session }: SignedIn): Promise<Reply> {
  const scope = ctx.req.query.get('scope') || 'global';
  if (!['global', 'local', 'others'].includes(scope)) {
    throw invalid(`Unsupported logout scope ${JSON.stringify(scope)}`);
  }
  await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'logout');
    if (session && scope === 'local') await deleteSession(db, session.id);
    else await deleteSessionsOfUser(db, user.id, scope === 'others' ? session?.id : undefined);
  }).catch(failAs('Error logging out user'));
  return noContent;
}
