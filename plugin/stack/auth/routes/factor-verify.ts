import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { deleteChallenge, lockChallenge, markVerified, type Challenge } from '../db/challenges.ts';
import { CommitWithError, transaction, type Db } from '../db/database.ts';
import { updateFactor, type Factor } from '../db/factors.ts';
import { findActiveRefreshToken, rotateRefreshToken } from '../db/refresh-tokens.ts';
import {
  addAmrClaim,
  assessSession,
  deleteSessionsBelowAal2,
  deleteSessionsOfUser,
  findSession,
  updateSessionAal,
} from '../db/sessions.ts';
import { findUserById } from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { forbidden, internal, invalid, unprocessable } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, type AuthRequest } from '../http/request.ts';
import { notify } from '../mails/send.ts';
import { respondWithTokens, type TokenResponse } from '../tokens/issue.ts';
import { CHALLENGE_EXPIRY } from './factor-challenge.ts';
import { checkWebAuthnAnswer, verifyWebAuthnAnswer } from './factor-webauthn.ts';
import { amrMethod, requireFactorType } from './factors.ts';
import { verifyTotp } from './totp.ts';
import { requireSession, type OfFactor, type SignedIn } from '../guards.ts';

const VERIFY = {
  name: 'VerifyFactorParams',
  fields: { challenge_id: 'uuid', code: 'string', webauthn: 'object' },
} as const;

type VerifyParams = Params<typeof VERIFY.fields>;

/** POST /factors/:factor_id/verify: the session rises to aal2, with new tokens; weaker sessions of the user end. */
export async function verifyFactor(ctx: Context, proof: SignedIn & OfFactor): Promise<Reply> {
  const { user, factor } = proof;
  const params = readParams(ctx.req, VERIFY);
  if (params.code === '' && factor.factor_type !== 'webauthn') throw invalid('Code needs to be non-empty');
  requireFactorType(ctx, factor.factor_type, 'verify');
  if (factor.factor_type === 'webauthn') checkWebAuthnAnswer(params.webauthn);
  const isFirst = factor.status !== 'verified';
  const response = await transaction(ctx.pool, async (db) => {
    const challenge = await openChallenge(db, ctx.req, factor, params.challenge_id);
    const isRight = await checkAnswer(ctx, db, factor, challenge, params);
    await askHook(ctx, db, proof, isRight);
    if (!isRight) {
      const message =
        factor.factor_type === 'phone' ? 'Invalid MFA Phone code entered' : 'Invalid TOTP code entered';
      throw unprocessable('mfa_verification_failed', message);
    }
    return raiseSession(ctx, db, proof, challenge);
  });
  if (isFirst) await notify(ctx, user, 'mfa_factor_enrolled', { FactorType: factor.factor_type });
  return json(response);
}

async function openChallenge(db: Db, req: AuthRequest, factor: Factor, id: string): Promise<Challenge> {
  const challenge = await lockChallenge(db, factor, id);
  if (!challenge) {
    throw unprocessable('mfa_factor_not_found', 'MFA factor with the provided challenge ID not found');
  }
  if (challenge.verified_at !== null || challenge.ip_address.replace(/\/\d+$/, '') !== req.ip) {
    throw unprocessable('mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch.');
  }
  if (Date.now() > Date.parse(challenge.created_at) + CHALLENGE_EXPIRY * 1000) {
    await deleteChallenge(db, challenge.id);
    throw new CommitWithError(
      unprocessable(
        'mfa_challenge_expired',
        `MFA challenge ${challenge.id} has expired, verify against another challenge or create a new challenge.`,
      ),
    );
  }
  return challenge;
}

async function checkAnswer(
  ctx: Context,
  db: Db,
  factor: Factor,
  challenge: Challenge,
  params: VerifyParams,
): Promise<boolean> {
  if (factor.factor_type === 'totp') return verifyTotp(factor.secret ?? '', params.code);
  if (factor.factor_type === 'phone') {
    const [given, expected] = [Buffer.from(params.code), Buffer.from(challenge.otp_code ?? '')];
    return expected.length > 0 && given.length === expected.length && timingSafeEqual(given, expected);
  }
  await verifyWebAuthnAnswer(ctx, db, factor, challenge, params.webauthn ?? {});
  return true;
}

async function askHook(
  ctx: Context,
  db: Db,
  { user, factor }: SignedIn & OfFactor,
  valid: boolean,
): Promise<void> {
  if (!hasHook(ctx, 'mfa_verification_attempt')) return;
  const input = { user_id: user.id, factor_id: factor.id, factor_type: factor.factor_type, valid };
  const output = await runHook(ctx, 'mfa_verification_attempt', input);
  if (output.decision !== 'reject') return;
  await deleteSessionsOfUser(db, user.id);
  const message = typeof output.message === 'string' && output.message !== '' ? output.message : undefined;
  throw new CommitWithError(
    forbidden('mfa_verification_rejected', message ?? 'Further MFA verification attempts will be rejected.'),
  );
}

async function raiseSession(
  ctx: Context,
  db: Db,
  { user: owner, session: current, factor }: SignedIn & OfFactor,
  challenge: Challenge,
): Promise<TokenResponse> {
  const traits = { factor_id: factor.id, challenge_id: challenge.id, factor_type: factor.factor_type };
  await writeAudit(db, owner, 'verification_attempted', traits, ctx.req.ip);
  await markVerified(db, challenge);
  if (factor.status !== 'verified') await updateFactor(db, factor, { status: 'verified' });
  const session = await findSession(db, requireSession(current).id, true);
  const user = await findUserById(db, factor.user_id);
  const token = session && (await findActiveRefreshToken(db, session.id));
  if (!session || !user || !token) throw internal('A valid session is required to verify a factor');
  const method = amrMethod(factor.factor_type);
  await addAmrClaim(db, session, method);
  const refreshToken = await rotateRefreshToken(db, token, session.id);
  await updateSessionAal(db, session, assessSession(session).aal, factor.id);
  const response = await respondWithTokens(ctx, db, user, session, method, refreshToken);
  await deleteSessionsBelowAal2(db, user.id);
  await db.query(
    `delete from auth.mfa_factors where user_id = $1 and status = 'unverified' and factor_type = $2`,
    [user.id, factor.factor_type],
  );
  return response;
}
