import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { insertChallenge, type Challenge } from '../db/challenges.ts';
import { transaction, type Db } from '../db/database.ts';
import type { Factor } from '../db/factors.ts';
import type { User } from '../db/users.ts';
import { isTooSoon, tooSoon } from '../mails/codes.ts';
import { sendSms } from '../mails/sms.ts';
import { randomCode } from '../secrets/codes.ts';
import { CHALLENGE_SECONDS } from './factors.ts';
import { offerWebAuthn } from './webauthn.ts';

// GoTrue v2.196 internal/api/mfa.go

/** A challenge for an authenticator app. @returns the answer's JSON */
export async function challengeTotp(ctx: Context, user: User, factor: Factor): Promise<JsonObject> {
  const challenge = await transaction(ctx.pool, (db) => saveChallenge(ctx, db, user, { factor }));
  return describe(challenge, factor);
}

/** A challenge whose code goes to the factor's phone. @throws AuthError 429 when the last one is too recent */
export async function challengePhone(ctx: Context, user: User, factor: Factor): Promise<JsonObject> {
  const { testOtp } = ctx.settings.sms;
  const { maxFrequency, otpLength, template } = ctx.settings.mfa.phone;
  const { phone, last_challenged_at: last } = factor;
  if (isTooSoon(last, maxFrequency)) throw tooSoon('over_sms_send_rate_limit', last, maxFrequency);
  const testCode = testOtp.get(phone);
  const code = testCode ?? randomCode(otpLength);
  const challenge = await transaction(ctx.pool, async (db) => {
    if (testCode === undefined) await sendSms(ctx, db, user, { phone, code, template, type: 'mfa' });
    return saveChallenge(ctx, db, user, { factor, otpCode: code });
  });
  return describe(challenge, factor);
}

/** A challenge for `navigator.credentials`: `create` for a new factor, `get` for a verified one. */
export async function challengeWebAuthn(ctx: Context, user: User, factor: Factor): Promise<JsonObject> {
  const { session, webauthn } = await offerWebAuthn(ctx, user, factor);
  const challenge = await transaction(ctx.pool, (db) => insertChallenge(db, factor, ctx.req.ip, { session }));
  return { ...describe(challenge, factor), webauthn };
}

async function saveChallenge(
  ctx: Context,
  db: Db,
  user: User,
  { factor, otpCode }: { readonly factor: Factor; readonly otpCode?: string },
): Promise<Challenge> {
  const { ip } = ctx.req;
  const challenge = await insertChallenge(db, factor, ip, otpCode === undefined ? {} : { otpCode });
  const traits = { factor_id: factor.id, factor_status: factor.status };
  await writeAudit(db, user, 'challenge_created', { traits, ip });
  return challenge;
}

function describe(challenge: Challenge, factor: Factor): JsonObject {
  return {
    id: challenge.id,
    type: factor.factor_type,
    expires_at: Math.floor(Date.parse(challenge.created_at) / 1000) + CHALLENGE_SECONDS,
  };
}
