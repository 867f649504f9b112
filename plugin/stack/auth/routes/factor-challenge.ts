import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { insertChallenge, type Challenge } from '../db/challenges.ts';
import { transaction } from '../db/database.ts';
import type { Factor } from '../db/factors.ts';
import { tooMany } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { randomCode } from '../passwords.ts';
import { sendSms } from '../sms.ts';
import { checkChannel, frequencyMessage } from '../validate.ts';
import { requireFactorType } from './factors.ts';
import { webAuthnChallenge } from './factor-webauthn.ts';
import type { OfFactor, SignedIn } from '../guards.ts';
import type { User } from '../db/users.ts';

const CHALLENGE = {
  name: 'ChallengeFactorParams',
  fields: { channel: 'string', webauthn: 'object' },
} as const;

/** Seconds for which a challenge can be answered. */
export const CHALLENGE_EXPIRY = 300;

/** POST /factors/:factor_id/challenge */
export async function challengeFactor(ctx: Context, { user, factor }: SignedIn & OfFactor): Promise<Reply> {
  requireFactorType(ctx, factor.factor_type, 'verify');
  switch (factor.factor_type) {
    case 'totp':
      return challengeTotp(ctx, user, factor);
    case 'phone':
      return challengePhone(ctx, user, factor);
    case 'webauthn': {
      readParams(ctx.req, CHALLENGE);
      const { challenge, webauthn } = await webAuthnChallenge(ctx, user, factor);
      return json({ ...describe(challenge, factor), webauthn });
    }
  }
}

async function challengeTotp(ctx: Context, user: User, factor: Factor): Promise<Reply> {
  const challenge = await transaction(ctx.pool, async (db) => {
    const made = await insertChallenge(db, factor, ctx.req.ip);
    const traits = { factor_id: factor.id, factor_status: factor.status };
    await writeAudit(db, user, 'challenge_created', traits, ctx.req.ip);
    return made;
  });
  return json(describe(challenge, factor));
}

async function challengePhone(ctx: Context, user: User, factor: Factor): Promise<Reply> {
  const { channel } = readParams(ctx.req, CHALLENGE);
  checkChannel(channel || 'sms');
  const settings = ctx.settings.mfa.phone;
  const last = factor.last_challenged_at;
  if (last !== null && Date.parse(last) + settings.maxFrequency * 1000 >= Date.now()) {
    throw tooMany('over_sms_send_rate_limit', frequencyMessage(last, settings.maxFrequency));
  }
  const code = ctx.settings.sms.testOtp.get(factor.phone) ?? randomCode(settings.otpLength);
  const challenge = await transaction(ctx.pool, async (db) => {
    if (!ctx.settings.sms.testOtp.has(factor.phone)) {
      await sendSms(ctx, db, user, {
        phone: factor.phone,
        code,
        template: settings.template,
        type: 'mfa',
      });
    }
    const made = await insertChallenge(db, factor, ctx.req.ip, { otpCode: code });
    const traits = { factor_id: factor.id, factor_status: factor.status };
    await writeAudit(db, user, 'challenge_created', traits, ctx.req.ip);
    return made;
  });
  return json(describe(challenge, factor));
}

function describe(challenge: Challenge, factor: Factor): Record<string, unknown> {
  return {
    id: challenge.id,
    type: factor.factor_type,
    expires_at: Math.floor(Date.parse(challenge.created_at) / 1000) + CHALLENGE_EXPIRY,
  };
}
