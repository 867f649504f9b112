import type { Context } from '../app.ts';
import { transaction } from '../db/database.ts';
import { invalid } from '../errors.ts';
import type { OfFactor, SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { notify } from '../mails/notify.ts';
import { requireFactorType } from '../mfa/factors.ts';
import { answerChallenge } from '../mfa/verify.ts';
import { checkWebAuthnAnswer } from '../mfa/webauthn.ts';

// GoTrue v2.196 internal/api/mfa.go

const VERIFY = {
  name: 'VerifyFactorParams',
  fields: { challenge_id: 'uuid', code: 'string', webauthn: 'object' },
} as const;

/** POST /factors/:factor_id/verify */
export async function verifyFactor(ctx: Context, proof: SignedIn & OfFactor): Promise<Reply> {
  const { user, factor } = proof;
  const type = factor.factor_type;
  const params = readParams(ctx.req, VERIFY);
  if (params.code === '' && type !== 'webauthn') throw invalid('Code needs to be non-empty');
  requireFactorType(ctx, type, 'verify');
  if (type === 'webauthn') checkWebAuthnAnswer(params.webauthn);
  const isFirst = factor.status !== 'verified';
  const response = await transaction(ctx.pool, (db) => answerChallenge(ctx, db, proof, params));
  if (isFirst) await notify(ctx, user, 'mfa_factor_enrolled', { data: { FactorType: type } });
  return json(response);
}
