import { beginPkceFlow } from '../accounts/pkce-flow.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { findUserByEmail } from '../db/users.ts';
import { invalid } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendCode } from '../mails/code-mails.ts';
import { audienceOf } from '../roles.ts';
import { checkCodeChallenge } from '../secrets/pkce.ts';
import { checkEmail } from '../validate.ts';

// GoTrue v2.196 internal/api/recover.go

const RECOVER = {
  name: 'RecoverParams',
  fields: { email: 'string', code_challenge: 'string', code_challenge_method: 'string' },
} as const;

/** POST /recover: mails a link to choose a new password. The answer does not reveal whether there is such a user. */
export async function recover(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, RECOVER);
  if (params.email === '') throw invalid('Password recovery requires an email');
  const email = checkEmail(params.email);
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const user = await findUserByEmail(ctx.pool, email, audienceOf(ctx.req));
  if (!user) return json({});
  await transaction(ctx.pool, async (db) => {
    const isPkce = await beginPkceFlow(db, user, { providerType: 'recovery', method: 'recovery' }, pkce);
    await writeAudit(db, user, 'user_recovery_requested');
    await sendCode(ctx, db, user, { type: 'recovery', isPkce });
  });
  return json({});
}
