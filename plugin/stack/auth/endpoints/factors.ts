import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { deleteFactor, type FactorType } from '../db/factors.ts';
import { invalid, unprocessable } from '../errors.ts';
import { requireSession, type OfFactor, type SignedIn } from '../guards.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { notify } from '../mails/notify.ts';
import { newFactor, removeFactor, requireFactorType, saveFactor } from '../mfa/factors.ts';
import { createTotpSecret, qrCodeSvg, totpUri } from '../mfa/totp.ts';
import { siteUrl } from '../urls.ts';
import { checkPhone } from '../validate.ts';

// GoTrue v2.196 internal/api/mfa.go

const ENROLL = {
  name: 'EnrollFactorParams',
  fields: { friendly_name: 'string', factor_type: 'string', issuer: 'string', phone: 'string' },
} as const;

type EnrollParams = Params<typeof ENROLL.fields>;
type Enroll = (ctx: Context, signedIn: SignedIn, params: EnrollParams) => Promise<Reply>;

const ENROLLMENTS: ReadonlyMap<string, { readonly type: FactorType; readonly enroll: Enroll }> = new Map([
  ['totp', { type: 'totp', enroll: enrollTotp }],
  ['phone', { type: 'phone', enroll: enrollPhone }],
  ['webauthn', { type: 'webauthn', enroll: enrollWebAuthn }],
]);

/** POST /factors */
export async function enrollFactor(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  requireSession(signedIn.session);
  const params = readParams(ctx.req, ENROLL);
  const known = ENROLLMENTS.get(params.factor_type);
  if (!known) throw invalid('factor_type needs to be totp, phone, or webauthn');
  requireFactorType(ctx, known.type, 'enroll');
  return known.enroll(ctx, signedIn, params);
}

async function enrollTotp(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
  const { user } = signedIn;
  const issuer = params.issuer || new URL(siteUrl(ctx)).host;
  const secret = createTotpSecret();
  const uri = totpUri(issuer, user.email, secret);
  const factor = { ...newFactor(user, 'totp', params.friendly_name), secret };
  const { id, friendly_name } = await saveFactor(ctx, signedIn, factor);
  return json({ id, type: 'totp', friendly_name, totp: { qr_code: qrCodeSvg(uri), secret, uri } });
}

async function enrollPhone(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
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
  const factor = { ...newFactor(user, 'phone', params.friendly_name), phone };
  const { id, friendly_name } = await saveFactor(ctx, signedIn, factor);
  return json({ id, type: 'phone', friendly_name, phone: params.phone });
}

async function enrollWebAuthn(ctx: Context, signedIn: SignedIn, params: EnrollParams): Promise<Reply> {
  const factor = newFactor(signedIn.user, 'webauthn', params.friendly_name);
  const { id, friendly_name } = await saveFactor(ctx, signedIn, factor);
  return json({ id, type: 'webauthn', friendly_name });
}

/** DELETE /factors/:factor_id */
export async function unenrollFactor(ctx: Context, proof: SignedIn & OfFactor): Promise<Reply> {
  const { user, factor } = proof;
  const session = requireSession(proof.session);
  if (factor.status === 'verified' && session.aal !== 'aal2') {
    throw unprocessable('insufficient_aal', 'AAL2 required to unenroll verified factor');
  }
  await transaction(ctx.pool, async (db) => {
    await removeFactor(db, factor);
    const traits = { factor_id: factor.id, factor_status: factor.status, session_id: session.id };
    await writeAudit(db, user, 'factor_unenrolled', { traits, ip: ctx.req.ip });
  });
  await notify(ctx, user, 'mfa_factor_unenrolled', { data: { FactorType: factor.factor_type } });
  return json({ id: factor.id });
}
