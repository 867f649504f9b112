import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { findUserByEmail, isConfirmed } from '../db/users.ts';
import { unprocessable } from '../errors.ts';
import { sendCode } from '../mails/code-mails.ts';
import { audienceOf } from '../roles.ts';
import { randomPasswordFor } from '../secrets/password-rules.ts';
import { checkCodeChallenge } from '../secrets/pkce.ts';
import { checkEmail } from '../validate.ts';
import { beginPkceFlow } from './pkce-flow.ts';
import { registerUser } from './register.ts';

// GoTrue v2.196 internal/api/magic_link.go

interface MagicLink {
  readonly email: string;
  readonly data: JsonObject | undefined;
  readonly code_challenge: string;
  readonly code_challenge_method: string;
}

/** Mails a link and code to sign in with; creates a user for an unknown address. @throws AuthError */
export async function sendMagicLink(ctx: Context, params: MagicLink): Promise<void> {
  const { email: settings, password } = ctx.settings;
  if (!settings.enabled) throw unprocessable('email_provider_disabled', 'Email logins are disabled');
  if (params.email === '') throw unprocessable('validation_failed', 'Password recovery requires an email');
  const email = checkEmail(params.email);
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const aud = audienceOf(ctx.req);
  let user = await findUserByEmail(ctx.pool, email, aud);
  if (!user || !isConfirmed(user)) {
    const signup = { ...params, email, phone: '', channel: '', password: randomPasswordFor(password) };
    await registerUser(ctx, signup);
    // Without autoconfirm, the mail of the sign-up also signs in.
    if (!settings.autoconfirm) return;
    user = await findUserByEmail(ctx.pool, email, aud);
    if (!user) return;
  }
  const found = user;
  await transaction(ctx.pool, async (db) => {
    const flow = { providerType: 'magiclink', method: 'magiclink' };
    const isPkce = await beginPkceFlow(db, found, flow, pkce);
    await writeAudit(db, found, 'user_recovery_requested');
    await sendCode(ctx, db, found, { type: 'magiclink', isPkce });
  });
}
