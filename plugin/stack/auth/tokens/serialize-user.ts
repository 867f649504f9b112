import type { Factor } from '../db/factors.ts';
import type { Identity } from '../db/identities.ts';
import type { User } from '../db/users.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';

/** A user as JSON, with GoTrue's keys in GoTrue's order, and without those that it omits when empty. */
export function serializeUser(
  user: User,
  identities: readonly Identity[] | null = user.identities,
): JsonObject {
  const optional = (name: string, value: string | null): JsonObject => (value ? { [name]: value } : {});
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email,
    ...optional('email_confirmed_at', user.email_confirmed_at),
    ...optional('invited_at', user.invited_at),
    phone: user.phone,
    ...optional('phone_confirmed_at', user.phone_confirmed_at),
    ...optional('confirmation_sent_at', user.confirmation_sent_at),
    ...optional('confirmed_at', user.confirmed_at),
    ...optional('recovery_sent_at', user.recovery_sent_at),
    ...optional('new_email', user.email_change),
    ...optional('email_change_sent_at', user.email_change_sent_at),
    ...optional('new_phone', user.phone_change),
    ...optional('phone_change_sent_at', user.phone_change_sent_at),
    ...optional('reauthentication_sent_at', user.reauthentication_sent_at),
    ...optional('last_sign_in_at', user.last_sign_in_at),
    app_metadata: sortKeys(user.raw_app_meta_data),
    user_metadata: sortKeys(user.raw_user_meta_data),
    ...(user.factors.length > 0 ? { factors: user.factors.map(serializeFactor) } : {}),
    identities: identities && identities.map(serializeIdentity),
    created_at: user.created_at,
    updated_at: user.updated_at,
    ...optional('banned_until', user.banned_until),
    ...optional('deleted_at', user.deleted_at),
    is_anonymous: user.is_anonymous,
  };
}

function serializeIdentity(identity: Identity): JsonObject {
  const hasData = Object.keys(identity.identity_data).length > 0;
  return {
    identity_id: identity.id,
    id: identity.provider_id,
    user_id: identity.user_id,
    ...(hasData ? { identity_data: sortKeys(identity.identity_data) } : {}),
    provider: identity.provider,
    ...(identity.last_sign_in_at ? { last_sign_in_at: identity.last_sign_in_at } : {}),
    created_at: identity.created_at,
    updated_at: identity.updated_at,
    ...(identity.email === '' ? {} : { email: identity.email }),
  };
}

/** A factor as JSON, without its secret or credential. */
export function serializeFactor(factor: Factor): JsonObject {
  return {
    id: factor.id,
    created_at: factor.created_at,
    updated_at: factor.updated_at,
    status: factor.status,
    ...(factor.friendly_name === '' ? {} : { friendly_name: factor.friendly_name }),
    factor_type: factor.factor_type,
    phone: factor.phone,
    last_challenged_at: factor.last_challenged_at,
    ...(factor.web_authn_aaguid ? { web_authn_aaguid: factor.web_authn_aaguid } : {}),
    ...(factor.last_webauthn_challenge_data
      ? { last_webauthn_challenge_data: factor.last_webauthn_challenge_data }
      : {}),
  };
}

/** Metadata in the order in which Go writes maps. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const names = Object.keys(value).toSorted();
  return Object.fromEntries(names.map((name) => [name, sortKeys(value[name])]));
}
