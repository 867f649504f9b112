import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { deletePasskeyRow, findPasskeys, renamePasskeyRow, type Passkey } from '../db/passkeys.ts';
import type { User } from '../db/users.ts';
import { invalid, notFound } from '../errors.ts';
import type { OfUser, SignedIn } from '../guards.ts';
import { json, noContent, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { checkMayManage } from '../passkeys/rules.ts';
import { serializePasskey } from '../passkeys/serialize.ts';
import { isUuid } from '../uuid.ts';

// GoTrue v2.196 internal/api/passkey_manage.go, passkey_admin.go

const UPDATE = { name: 'PasskeyUpdateParams', fields: { friendly_name: 'string' } } as const;

/** GET /passkeys, GET /admin/users/:user_id/passkeys */
export async function listPasskeys(ctx: Context, { user }: OfUser): Promise<Reply> {
  const passkeys = await findPasskeys(ctx.pool, user.id);
  return json(passkeys.map(serializePasskey));
}

/** PATCH /passkeys/:passkey_id */
export async function renamePasskey(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const { friendly_name: name } = readParams(ctx.req, UPDATE);
  if (name === '') throw invalid('friendly_name is required');
  if (name.length > 120) throw invalid('friendly_name must be 120 characters or less');
  const passkey = await findOwned(ctx, user);
  await transaction(ctx.pool, async (db) => {
    await renamePasskeyRow(db, passkey, name).catch(failAs('Database error updating passkey'));
    const traits = { passkey_id: passkey.id };
    await writeAudit(db, user, 'passkey_updated', { traits, ip: ctx.req.ip });
  });
  return json(serializePasskey({ ...passkey, friendly_name: name }));
}

/** DELETE /passkeys/:passkey_id */
export async function deletePasskey(ctx: Context, signedIn: SignedIn): Promise<Reply> {
  checkMayManage(signedIn);
  await removePasskey(ctx, signedIn.user);
  return noContent;
}

/** DELETE /admin/users/:user_id/passkeys/:passkey_id */
export async function adminDeletePasskey(ctx: Context, { user }: OfUser): Promise<Reply> {
  await removePasskey(ctx, user);
  return noContent;
}

async function removePasskey(ctx: Context, user: User): Promise<void> {
  const passkey = await findOwned(ctx, user);
  await transaction(ctx.pool, async (db) => {
    await deletePasskeyRow(db, passkey.id).catch(failAs('Database error deleting passkey'));
    const traits = { passkey_id: passkey.id };
    await writeAudit(db, user, 'passkey_deleted', { traits, ip: ctx.req.ip });
  });
}

async function findOwned(ctx: Context, user: User): Promise<Passkey> {
  const id = (ctx.params.passkey_id ?? '').toLowerCase();
  const passkey =
    isUuid(id) && (await findPasskeys(ctx.pool, user.id)).find((candidate) => candidate.id === id);
  if (!passkey) throw notFound('validation_failed', 'Passkey not found');
  return passkey;
}
