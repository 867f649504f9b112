import type { Context } from '../app.ts';
import type { OfFactor, SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { challengePhone, challengeTotp, challengeWebAuthn } from '../mfa/challenge.ts';
import { requireFactorType } from '../mfa/factors.ts';
import { checkChannel } from '../validate.ts';

// GoTrue v2.196 internal/api/mfa.go

const CHALLENGE = {
  name: 'ChallengeFactorParams',
  fields: { channel: 'string', webauthn: 'object' },
} as const;

/** POST /factors/:factor_id/challenge */
export async function challengeFactor(ctx: Context, { user, factor }: SignedIn & OfFactor): Promise<Reply> {
  requireFactorType(ctx, factor.factor_type, 'verify');
  // GoTrue does not read the body for an authenticator app.
  if (factor.factor_type === 'totp') return json(await challengeTotp(ctx, user, factor));
  const { channel } = readParams(ctx.req, CHALLENGE);
  if (factor.factor_type === 'webauthn') return json(await challengeWebAuthn(ctx, user, factor));
  checkChannel(channel || 'sms');
  return json(await challengePhone(ctx, user, factor));
}
