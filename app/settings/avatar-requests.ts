import { extensionOf } from '../images/encode.ts';
import { supabase } from '../model/supabase.ts';

const YEAR_S = 365 * 24 * 60 * 60;

/**
 * Sets a person's picture, or removes it (`null`). The file is uploaded first, so that a profile never refers to a
 * missing one.
 */
export async function changeAvatar(input: { userId: string; picture: Blob | null }): Promise<void> {
  const { userId, picture } = input;
  await removeFormerAvatars(userId);
  const path = picture && `${userId}/${crypto.randomUUID()}.${extensionOf(picture)}`;
  if (path !== null) {
    const { error } = await supabase.storage
      .from('avatars')
      .upload(path, picture ?? '', { contentType: picture?.type, cacheControl: String(YEAR_S) });
    if (error) throw error;
  }
  await supabase.from('users').update({ avatar_path: path }).eq('id', userId).throwOnError();
  // The change is done; files left behind are removed at the next change.
  await removeFormerAvatars(userId).catch(() => {});
}

/** Removes all files in the person's folder except the one in use, which the policy keeps. */
async function removeFormerAvatars(userId: string): Promise<void> {
  const bucket = supabase.storage.from('avatars');
  const { data, error } = await bucket.list(userId);
  if (error) throw error;
  if (data.length === 0) return;
  const removal = await bucket.remove(data.map((file) => `${userId}/${file.name}`));
  if (removal.error) throw removal.error;
}
