import type { Db } from './database.ts';
import { mergeMetadata } from './metadata.ts';
import { updateUser, type User } from './users.ts';

/** Brings `provider` and `providers` of the app metadata in line with the user's identities. */
export async function updateProviders(db: Db, user: User): Promise<void> {
  const { rows } = await db.query<{ provider: string }>(
    'select provider from auth.identities where user_id = $1 order by created_at',
    [user.id],
  );
  const providers = [...new Set(rows.map((row) => row.provider))];
  const first = providers[0] === undefined ? {} : { provider: providers[0] };
  await updateUser(db, user, {
    raw_app_meta_data: mergeMetadata(user.raw_app_meta_data, { providers, ...first }),
  });
}
