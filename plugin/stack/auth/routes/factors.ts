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
import type { User } from '../db/users.ts';
import { forbidden, invalid, unprocessable } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { notify } from '../mails/send.ts';
import { siteUrl } from '../urls.ts';
import { checkPhone } from '../validate.ts';
import { createTotpSecret, qrCodeSvg, totpUri } from './totp.ts';
import { requireSession, type OfFactor, type SignedIn } from '../guards.ts';

const ENROLL = {
  name: 'EnrollFactorParams',
  fields: { friendly_name: 'string', factor_type: 'string', issuer: 'string', phone: 'string' },
} as const;

const FACTOR_EXPIRY = `interval '300 seconds'`;
const DISABLED: Readonly<Record<FactorType, readonly [code: string, name: string]>> = {
  totp: ['mfa_totp', 'TOTP'],
  phone: ['mfa_phone', 'Phone'],
  webauthn: ['mfa_webauthn', 'WebAuthn'],
};

/** @throws AuthError 422 unless config.toml switches this kind of factor on */
export function requireFactorType(app: App, type: FactorType, action: 'enroll' | 'verify'): void {
  if (app.settings.mfa[type][action]) return;
  const [code, name] = DISABLED[type];
  const what = action === 'enroll' ? 'enroll' : 'verification';
  throw unprocessable(`${code}_${action}_not_enabled`, `MFA ${what} is disabled for ${name}`);
}

/** POST /factors */
export async function enrollFactor(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  requireSession(signedIn.session);
  const params = readParams(ctx.req, ENROLL);
  switch (params.factor_type) {
    case 'totp':
      return enrollTotp(ctx, signedIn, params);
    case 'phone':
      return enrollPhone(ctx, signedIn, params);
    case 'webauthn':
      return enrollWebAuthn(ctx, signedIn, params);
    default:
      throw invalid('factor_type needs to be totp, phone, or webauthn');
  }
}

type EnrollParams = Params<typeof ENROLL.fields>;

async function enrollTotp(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
  requireFactorType(ctx, 'totp', 'enroll');
  const { user } = signedIn;
  const issuer = params.issuer || new URL(siteUrl(ctx)).host;
  const secret = createTotpSecret();
  const uri = totpUri(issuer, user.email, secret);
  const factor = await saveFactor(ctx, signedIn, {
    ...newFactor(user, 'totp', params.friendly_name),
    secret,
  });
  return json({
    id: factor.id,
    type: 'totp',
    friendly_name: factor.friendly_name,
    totp: { qr_code: qrCodeSvg(uri), secret, uri },
  });
}

async function enrollPhone(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
  requireFactorType(ctx, 'phone', 'enroll');
  if (params.phone === '') throw invalid('Phone number required to enroll Phone factor');
  const { user } = signedIn;
  const phone = checkPhone(params.phone);
  const same = user.factors.filter((factor) => factor.factor_type === 'phone' && factor.phone === phone);
  if (same.some((factor) => factor.status === 'verified')) {
    throw unprocessable(
      'mfa_verified_factor_exists',
      'A verified phone factor already exists, unenroll the existing factor to continue',
    );
  }
  for (const factor of same) await deleteFactor(ctx.pool, factor.id);
  const factor = await saveFactor(ctx, signedIn, {
    ...newFactor(user, 'phone', params.friendly_name),
    phone,
  });
  return json({ id: factor.id, type: 'phone', friendly_name: factor.friendly_name, phone: params.phone });
}

async function enrollWebAuthn(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
  requireFactorType(ctx, 'webauthn', 'enroll');
  const { user } = signedIn;
  const factor = await saveFactor(ctx, signedIn, newFactor(user, 'webauthn', params.friendly_name));
  return json({ id: factor.id, type: 'webauthn', friendly_name: factor.friendly_name });
}

function newFactor(user: User, type: FactorType, name: string): Factor {
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

async function saveFactor(ctx: Context, signedIn: SignedIn, factor: Factor): Promise<Factor> {
  await checkMayEnroll(ctx, signedIn, factor.friendly_name);
  await transaction(ctx.pool, async (db) => {
    await insertFactor(db, factor);
    const traits = { factor_id: factor.id, ...(factor.secret ? {} : { factor_type: factor.factor_type }) };
    await writeAudit(db, signedIn.user, 'factor_in_progress', traits, ctx.req.ip);
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

/** DELETE /factors/:factor_id */
export async function unenrollFactor(
  ctx: Context,
  { user, session: current, factor }: SignedIn & OfFactor,
): Promise<Reply> {
  const session = requireSession(current);
  if (factor.status === 'verified' && session.aal !== 'aal2') {
    throw unprocessable('insufficient_aal', 'AAL2 required to unenroll verified factor');
  }
  await transaction(ctx.pool, async (db) => {
    await removeFactor(db, factor);
    const traits = { factor_id: factor.id, factor_status: factor.status, session_id: session.id };
    await writeAudit(db, user, 'factor_unenrolled', traits, ctx.req.ip);
  });
  await notify(ctx, user, 'mfa_factor_unenrolled', { FactorType: factor.factor_type });
  return json({ id: factor.id });
}

const AMR: Readonly<Record<FactorType, string>> = {
  totp: 'totp',
  phone: 'mfa/phone',
  webauthn: 'mfa/webauthn',
};

/** How the `amr` claim calls this kind of factor. */
export function amrMethod(type: FactorType): string {
  return AMR[type];
}

/** Deletes a factor; sessions that reached aal2 with it fall back to aal1. */
export async function removeFactor(db: Db, factor: Factor): Promise<void> {
  await deleteFactor(db, factor.id);
  await db.query(
    `delete from auth.mfa_amr_claims where authentication_method = $2
       and session_id in (select id from auth.sessions where factor_id = $1)`,
    [factor.id, amrMethod(factor.factor_type)],
  );
  await db.query(`update auth.sessions set aal = 'aal1', factor_id = null where factor_id = $1`, [factor.id]);
}
