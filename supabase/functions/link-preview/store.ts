import { requestAsCaller, requestAsService } from '../_shared/supabase.ts';
import type { Picture, Preview } from './preview.ts';

/** A row of the table link_previews. */
export interface StoredPreview {
  readonly message_id: string;
  readonly url: string;
  readonly title: string | null;
  readonly description: string | null;
  readonly site: string | null;
  readonly image_path: string | null;
}

const BUCKET = 'link-previews';
const COLUMNS = 'message_id,url,title,description,site,image_path';

/** The message and its stored preview as the caller may read them; undefined for a message that the caller may not. */
export async function readMessage(
  id: string,
  authorization: string,
): Promise<{ body: string; preview: StoredPreview | undefined } | undefined> {
  const path = `/rest/v1/messages?id=eq.${id}&select=body,link_previews(${COLUMNS})`;
  const response = await requestAsCaller(authorization, path);
  const [message] = (await response.json()) as { body: string; link_previews: StoredPreview | null }[];
  return message && { body: message.body, preview: message.link_previews ?? undefined };
}

/** Stores a preview for everyone who can read the message; undefined if that has no longer this link. */
export async function storePreview(
  messageId: string,
  url: string,
  { image, ...texts }: Preview,
): Promise<StoredPreview | undefined> {
  const imagePath = image ? await storePicture(messageId, url, image) : null;
  const row: StoredPreview = { message_id: messageId, url, ...texts, image_path: imagePath };
  const response = await requestAsService(`/rest/v1/link_previews?on_conflict=message_id&select=${COLUMNS}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      prefer: 'resolution=merge-duplicates,return=representation',
    },
    body: JSON.stringify({ ...row, fetched_at: new Date().toISOString() }),
  });
  const [stored] = (await response.json()) as StoredPreview[];
  return stored;
}

/** A link has the same path for ever, so that a second attempt leaves no file behind. */
async function storePicture(messageId: string, url: string, { type, bytes }: Picture): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url));
  const name = Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const path = `${messageId}/${name}.${type.slice('image/'.length)}`;
  await requestAsService(`/storage/v1/object/${BUCKET}/${path}`, {
    method: 'POST',
    headers: { 'content-type': type, 'x-upsert': 'true' },
    body: bytes as BodyInit,
  });
  return path;
}
