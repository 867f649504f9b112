import { prepareEmailUser, refuseConfirmed } from '../accounts/email-user.ts';
import { saveNewEmailUser } from '../accounts/new-user.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { findUserByEmail } from '../db/users.ts';
import type { Admin } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendCode } from '../mails/code-mails.ts';
import { audienceOf } from '../roles.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { checkEmail } from '../validate.ts';

// GoTrue v2.196 internal/api/invite.go

const INVITE = { name: 'InviteParams', fields: { email: 'string', data: 'object' } } as const;

/** POST /invite: mails an invitation, to a new user or to one who never accepted the last one. */
export async function invite(ctx: Context, { actor }: Admin): Promise<Reply> {
  const params = readParams(ctx.req, INVITE);
  const email = checkEmail(params.email);
  const known = await findUserByEmail(ctx.pool, email, audienceOf(ctx.req));
  const user = known ?? (await prepareEmailUser(ctx, { email, data: params.data }));
  await transaction(ctx.pool, async (db) => {
    if (known) refuseConfirmed(known);
    else await saveNewEmailUser(db, user);
    await writeAudit(db, actor, 'user_invited', { traits: { user_id: user.id, user_email: user.email } });
    await sendCode(ctx, db, user, { type: 'invite' });
  });
  return json(serializeUser(user));
}
