import { randomUUID } from 'node:crypto';
import type { App } from '../app.ts';
import { sessionOf, userOf } from '../guards.ts';
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
import { forbidden, internal, invalid, notFound, unprocessable } from '../errors.ts';
import { type Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, type AuthRequest } from '../http/request.ts';
import { notify } from '../mails/send.ts';
import { siteUrl } from '../urls.ts';
import { checkPhone } from '../validate.ts';
import { createTotpSecret, qrCodeSvg, totpUri } from './totp.ts';
import { isUuid } from '../uuid.ts';

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

/** Guard: loads the factor that the path names, if it is the user's. */
export function loadFactor(_app: App, req: AuthRequest): void {
  const id = req.params.factor_id ?? '';
  if (!isUuid(id)) throw notFound('validation_failed', 'factor_id must be an UUID');
  const factor = userOf(req).factors.find((candidate) => candidate.id === id.toLowerCase());
  if (!factor) throw notFound('mfa_factor_not_found', 'Factor not found');
  req.factor = factor;
}

export function factorOf(req: AuthRequest): Factor {
  if (!req.factor) throw internal('Could not read factor');
  return req.factor;
}

/** @throws AuthError 422 unless config.toml switches this kind of factor on */
export function requireFactorType(app: App, type: FactorType, action: 'enroll' | 'verify'): void {
  if (app.settings.mfa[type][action]) return;
  const [code, name] = DISABLED[type];
  const what = action === 'enroll' ? 'enroll' : 'verification';
  throw unprocessable(`${code}_${action}_not_enabled`, `MFA ${what} is disabled for ${name}`);
}

/** POST /factors */
export async function enrollFactor(app: App, req: AuthRequest): Promise<Reply> {
  sessionOf(req);
  const params = readParams(req, ENROLL);
  switch (params.factor_type) {
    case 'totp':
      return enrollTotp(app, req, params);
    case 'phone':
      return enrollPhone(app, req, params);
    case 'webauthn':
      return enrollWebAuthn(app, req, params);
    default:
      throw invalid('factor_type needs to be totp, phone, or webauthn');
  }
}

type EnrollParams = Params<typeof ENROLL.fields>;

async function enrollTotp(app: App, req: AuthRequest, params: EnrollParams): Promise<Reply> {
  requireFactorType(app, 'totp', 'enroll');
  const user = userOf(req);
  const issuer = params.issuer || new URL(siteUrl(app.settings, req)).host;
  const secret = createTotpSecret();
  const uri = totpUri(issuer, user.email, secret);
  const factor = await saveFactor(app, req, user, {
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

async function enrollPhone(app: App, req: AuthRequest, params: EnrollParams): Promise<Reply> {
  requireFactorType(app, 'phone', 'enroll');
  if (params.phone === '') throw invalid('Phone number required to enroll Phone factor');
  const user = userOf(req);
  const phone = checkPhone(params.phone);
  const same = user.factors.filter((factor) => factor.factor_type === 'phone' && factor.phone === phone);
  if (same.some((factor) => factor.status === 'verified')) {
    throw unprocessable(
      'mfa_verified_factor_exists',
      'A verified phone factor already exists, unenroll the existing factor to continue',
    );
  }
  for (const factor of same) await deleteFactor(app.pool, factor.id);
  const factor = await saveFactor(app, req, user, {
    ...newFactor(user, 'phone', params.friendly_name),
    phone,
  });
  return json({ id: factor.id, type: 'phone', friendly_name: factor.friendly_name, phone: params.phone });
}

async function enrollWebAuthn(app: App, req: AuthRequest, params: EnrollParams): Promise<Reply> {
  requireFactorType(app, 'webauthn', 'enroll');
  const user = userOf(req);
  const factor = await saveFactor(app, req, user, newFactor(user, 'webauthn', params.friendly_name));
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

async function saveFactor(app: App, req: AuthRequest, user: User, factor: Factor): Promise<Factor> {
  await checkMayEnroll(app, req, user, factor.friendly_name);
  await transaction(app.pool, async (db) => {
    await insertFactor(db, factor);
    const traits = { factor_id: factor.id, ...(factor.secret ? {} : { factor_type: factor.factor_type }) };
    await writeAudit(db, user, 'factor_in_progress', traits, req.ip);
  });
  return factor;
}

async function checkMayEnroll(app: App, req: AuthRequest, user: User, name: string): Promise<void> {
  await app.pool.query(
    `delete from auth.mfa_factors f where status <> 'verified' and created_at + ${FACTOR_EXPIRY} < now()
       and not exists (select from auth.mfa_challenges c where c.factor_id = f.id)`,
  );
  const factors = await findFactorsOfUser(app.pool, user.id);
  if (factors.some((factor) => factor.friendly_name === name)) {
    throw unprocessable(
      'mfa_factor_name_conflict',
      `A factor with the friendly name ${JSON.stringify(name)} for this user already exists`,
    );
  }
  const verified = factors.filter((factor) => factor.status === 'verified').length;
  const most = app.settings.mfa.maxEnrolledFactors;
  if (factors.length >= most || verified >= most) {
    throw unprocessable(
      'too_many_enrolled_mfa_factors',
      'Maximum number of verified factors reached, unenroll to continue',
    );
  }
  if (verified > 0 && req.session?.aal !== 'aal2') {
    throw forbidden('insufficient_aal', 'AAL2 required to enroll a new factor');
  }
}

/** DELETE /factors/:factor_id */
export async function unenrollFactor(app: App, req: AuthRequest): Promise<Reply> {
  const [user, session, factor] = [userOf(req), sessionOf(req), factorOf(req)];
  if (factor.status === 'verified' && session.aal !== 'aal2') {
    throw unprocessable('insufficient_aal', 'AAL2 required to unenroll verified factor');
  }
  await transaction(app.pool, async (db) => {
    await removeFactor(db, factor);
    const traits = { factor_id: factor.id, factor_status: factor.status, session_id: session.id };
    await writeAudit(db, user, 'factor_unenrolled', traits, req.ip);
  });
  await notify(app, req, user, 'mfa_factor_unenrolled', { FactorType: factor.factor_type });
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
