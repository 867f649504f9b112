import type { JsonObject } from '../../../shared/json.ts';

/** An address of a person at a provider. */
export interface ProviderEmail {
  readonly email: string;
  readonly verified: boolean;
  readonly primary: boolean;
}

/** A provider's description of a person; `metadata` becomes the identity's data. */
export interface ProviderProfile {
  readonly emails: readonly ProviderEmail[];
  readonly metadata: JsonObject & { readonly sub: string };
}

// GoTrue v2.196 internal/api/provider/

/** The common part of every profile, under GoTrue's names. */
export function profileOf(claims: {
  readonly issuer: string;
  readonly sub: string;
  readonly name: string;
  readonly picture: string;
  readonly emails: readonly ProviderEmail[];
  readonly extra?: JsonObject;
}): ProviderProfile {
  const chosen = claims.emails.find((email) => email.primary) ?? claims.emails.at(-1);
  const entries = Object.entries({
    iss: claims.issuer,
    sub: claims.sub,
    name: claims.name,
    full_name: claims.name,
    picture: claims.picture,
    avatar_url: claims.picture,
    provider_id: claims.sub,
    email: chosen?.email.toLowerCase() ?? '',
    ...claims.extra,
  }).filter(([, value]) => value !== '' && value !== undefined);
  return {
    emails: claims.emails,
    metadata: {
      ...Object.fromEntries(entries),
      sub: claims.sub,
      email_verified: chosen?.verified ?? false,
      phone_verified: false,
    },
  };
}

/** One address, or none. */
export function singleEmail(email: unknown, verified: boolean): readonly ProviderEmail[] {
  return typeof email === 'string' && email !== '' ? [{ email, verified, primary: true }] : [];
}

/** Azure's claim that the tenant owns the address's domain. Most tenants omit it, which counts as verified. */
export function isAzureEmailVerified(claims: Readonly<Record<string, unknown>>): boolean {
  const owner = claims.xms_edov;
  return owner === undefined || owner === null || owner === true || owner === '1' || owner === 'true';
}
