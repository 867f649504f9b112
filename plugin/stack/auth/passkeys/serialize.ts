import type { JsonObject } from '../../../shared/json.ts';
import type { Passkey } from '../db/passkeys.ts';

/** A passkey as JSON. */
export function serializePasskey(passkey: Passkey): JsonObject {
  return {
    id: passkey.id,
    ...(passkey.friendly_name === '' ? {} : { friendly_name: passkey.friendly_name }),
    created_at: passkey.created_at,
    ...(passkey.last_used_at ? { last_used_at: passkey.last_used_at } : {}),
  };
}
