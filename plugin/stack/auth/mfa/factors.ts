import { randomUUID } from 'node:crypto';
import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import {
  deleteFactor,
  findFactorsOfUser,
  insertFactor,
  type Factor,
  type FactorType,
} from '../db/factors.ts';
import { failAs } from '../db/failures.ts';
import type { User } from '../db/users.ts';
import { forbidden, unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';

// GoTrue v2.196 internal/api/mfa.go

/** Seconds for which a challenge can be answered. */
export const CHALLENGE_SECONDS = 300;

const FACTOR_EXPIRY = `interval '300 seconds'`;
const DISABLED: Readonly<Record<FactorType, readonly [code: string, name: string]>> = {
  totp: ['mfa_totp', 'TOTP'],
  phone: ['mfa_phone', 'Phone'],
  webauthn: ['mfa_webauthn', 'WebAuthn'],
};

/** @throws AuthError 422 unless config.toml enables this kind of factor */
export function requireFactorType(app: App, type: FactorType, action: 'enroll' | 'verify'): void {
  if (app.settings.mfa[type][action]) return;
  const [code, name] = DISABLED[type];
  const what = action === 'enroll' ? 'enroll' : 'verification';
  throw unprocessable(`${code}_${action}_not_enabled`, `MFA ${what} is disabled for ${name}`);
}

/** A factor that is not in the database yet. */
export function newFactor(user: User, type: FactorType, name: string): Factor {
  const now = timestamp();
  return {
    id: randomUUID(),
    user_id: user.id,
    friendly_name: name,
    factor_type: type,
    status: 'unverified',
    created_at: now,
    updated_at: now,
    secret: null,
    phone: '',
    last_challenged_at: null,
    web_authn_credential: null,
    web_authn_aaguid: null,
    last_webauthn_challenge_data: null,
  };
}

/** Inserts a new factor of the signed-in user. @throws AuthError 403 or 422 when the user may not have another one */
export async function saveFactor(ctx: Context, signedIn: SignedIn, factor: Factor): Promise<Factor> {
  await checkMayEnroll(ctx, signedIn, factor.friendly_name);
  await transaction(ctx.pool, async (db) => {
    await insertFactor(db, factor);
    const traits = { factor_id: factor.id, ...(factor.secret ? {} : { factor_type: factor.factor_type }) };
    await writeAudit(db, signedIn.user, 'factor_in_progress', { traits, ip: ctx.req.ip });
  });
  return factor;
}

async function checkMayEnroll(ctx: Context, { user, session }: SignedIn, name: string): Promise<void> {
  await ctx.pool.query(
    `delete from auth.mfa_factors f where status <> 'verified' and created_at + ${FACTOR_EXPIRY} < now()
       and not exists (select from auth.mfa_challenges c where c.factor_id = f.id)`,
  );
  const factors = await findFactorsOfUser(ctx.pool, user.id);
  if (factors.some((factor) => factor.friendly_name === name)) {
    throw unprocessable(
      'mfa_factor_name_conflict',
      `A factor with the friendly name ${JSON.stringify(name)} for this user already exists`,
    );
  }
  const verified = factors.filter((factor) => factor.status === 'verified').length;
  const most = ctx.settings.mfa.maxEnrolledFactors;
  if (factors.length >= most || verified >= most) {
    throw unprocessable(
      'too_many_enrolled_mfa_factors',
      'Maximum number of verified factors reached, unenroll to continue',
    );
  }
  if (verified > 0 && session?.aal !== 'aal2') {
    throw forbidden('insufficient_aal', 'AAL2 required to enroll a new factor');
  }
}

const AMR: Readonly<Record<FactorType, string>> = {
  totp: 'totp',
  phone: 'mfa/phone',
  webauthn: 'mfa/webauthn',
};

/** The name of this kind of factor in the `amr` claim. */
export function amrMethod(type: FactorType): string {
  return AMR[type];
}

/** Deletes a factor; sessions that reached aal2 with it return to aal1. */
export async function removeFactor(db: Db, factor: Factor): Promise<void> {
  await deleteFactor(db, factor.id).catch(failAs('Database error deleting factor'));
  await db.query(
    `delete from auth.mfa_amr_claims where authentication_method = $2
       and session_id in (select id from auth.sessions where factor_id = $1)`,
    [factor.id, amrMethod(factor.factor_type)],
  );
  await db
    .query(`update auth.sessions set aal = 'aal1', factor_id = null where factor_id = $1`, [factor.id])
    .catch(failAs('Database error downgrading sessions'));
}
