import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { deleteChallenge, lockChallenge, markVerified, type Challenge } from '../db/challenges.ts';
import { CommitWithError, type Db } from '../db/database.ts';
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
import { forbidden, internal, unprocessable } from '../errors.ts';
import { requireSession, type OfFactor, type SignedIn } from '../guards.ts';
import { hasHook, runHook } from '../hooks.ts';
import { isSameSecret } from '../secrets/compare.ts';
import { issueTokens, type TokenResponse } from '../tokens/issue.ts';
import { amrMethod, CHALLENGE_SECONDS } from './factors.ts';
import { verifyTotp } from './totp.ts';
import { verifyWebAuthnAnswer } from './webauthn.ts';

// GoTrue v2.196 internal/api/mfa.go

/** The answer to a challenge. */
export interface FactorAnswer {
  readonly challenge_id: string;
  readonly code: string;
  readonly webauthn: JsonObject | undefined;
}

/**
 * Verifies the answer to a challenge and raises the session to aal2: new tokens, and the end of the user's weaker
 * sessions.
 *
 * @throws AuthError 422 mfa_verification_failed, or for a challenge that cannot be answered; 403 when the hook refuses
 */
export async function answerChallenge(
  ctx: Context,
  db: Db,
  proof: SignedIn & OfFactor,
  answer: FactorAnswer,
): Promise<TokenResponse> {
  const { factor } = proof;
  const challenge = await openChallenge(ctx, db, factor, answer.challenge_id);
  const isRight = await isAnswerRight(ctx, db, { factor, challenge, answer });
  await askHook(ctx, db, proof, isRight);
  if (!isRight) {
    const message =
      factor.factor_type === 'phone' ? 'Invalid MFA Phone code entered' : 'Invalid TOTP code entered';
    throw unprocessable('mfa_verification_failed', message);
  }
  return raiseSession(ctx, db, proof, challenge);
}

async function openChallenge(ctx: Context, db: Db, factor: Factor, id: string): Promise<Challenge> {
  const challenge = await lockChallenge(db, factor, id);
  if (!challenge) {
    throw unprocessable('mfa_factor_not_found', 'MFA factor with the provided challenge ID not found');
  }
  if (challenge.verified_at !== null || challenge.ip_address.replace(/\/\d+$/, '') !== ctx.req.ip) {
    throw unprocessable('mfa_ip_address_mismatch', 'Challenge and verify IP addresses mismatch.');
  }
  if (Date.now() > Date.parse(challenge.created_at) + CHALLENGE_SECONDS * 1000) {
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

interface Given {
  readonly factor: Factor;
  readonly challenge: Challenge;
  readonly answer: FactorAnswer;
}

async function isAnswerRight(ctx: Context, db: Db, { factor, challenge, answer }: Given): Promise<boolean> {
  if (factor.factor_type === 'totp') return verifyTotp(factor.secret ?? '', answer.code);
  if (factor.factor_type === 'phone') {
    const expected = challenge.otp_code ?? '';
    return expected !== '' && isSameSecret(answer.code, expected);
  }
  await verifyWebAuthnAnswer(ctx, db, { factor, challenge, answer: answer.webauthn ?? {} });
  return true;
}

/** The hook `mfa_verification_attempt` may refuse, which ends the user's sessions. */
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
  proof: SignedIn & OfFactor,
  challenge: Challenge,
): Promise<TokenResponse> {
  const { factor } = proof;
  const traits = { factor_id: factor.id, challenge_id: challenge.id, factor_type: factor.factor_type };
  await writeAudit(db, proof.user, 'verification_attempted', { traits, ip: ctx.req.ip });
  await markVerified(db, challenge);
  if (factor.status !== 'verified') await updateFactor(db, factor, { status: 'verified' });
  const session = await findSession(db, requireSession(proof.session).id, true);
  const user = await findUserById(db, factor.user_id);
  const token = session && (await findActiveRefreshToken(db, session.id));
  if (!session || !user || !token) throw internal('A valid session is required to verify a factor');
  const method = amrMethod(factor.factor_type);
  await addAmrClaim(db, session, method);
  const refreshToken = await rotateRefreshToken(db, token, session.id);
  await updateSessionAal(db, session, assessSession(session).aal, factor.id);
  const response = await issueTokens(ctx, db, { user, session, method, refreshToken });
  await deleteSessionsBelowAal2(db, user.id);
  await db.query(
    `delete from auth.mfa_factors where user_id = $1 and status = 'unverified' and factor_type = $2`,
    [user.id, factor.factor_type],
  );
  return response;
}
