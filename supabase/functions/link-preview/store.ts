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

const SUPABASE_URL = Deno.env.get('SUPABASE_URL') ?? '';
const ANON_KEY = Deno.env.get('SUPABASE_ANON_KEY') ?? '';
const SERVICE_KEY = Deno.env.get('SUPABASE_SERVICE_ROLE_KEY') ?? '';
const BUCKET = 'link-previews';
const COLUMNS = 'message_id,url,title,description,site,image_path';

/** The message and its stored preview as the caller may read them; undefined for a message that the caller may not. */
export async function readMessage(
  id: string,
  authorization: string,
): Promise<{ body: string; preview: StoredPreview | undefined } | undefined> {
  const path = `/rest/v1/messages?id=eq.${id}&select=body,link_previews(${COLUMNS})`;
  const response = await request(path, ANON_KEY, authorization);
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
  const response = await request(
    `/rest/v1/link_previews?on_conflict=message_id&select=${COLUMNS}`,
    SERVICE_KEY,
    undefined,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        prefer: 'resolution=merge-duplicates,return=representation',
      },
      body: JSON.stringify({ ...row, fetched_at: new Date().toISOString() }),
    },
  );
  const [stored] = (await response.json()) as StoredPreview[];
  return stored;
}

/** A link has the same path for ever, so that a second attempt leaves no file behind. */
async function storePicture(messageId: string, url: string, { type, bytes }: Picture): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(url));
  const name = Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const path = `${messageId}/${name}.${type.slice('image/'.length)}`;
  await request(`/storage/v1/object/${BUCKET}/${path}`, SERVICE_KEY, undefined, {
    method: 'POST',
    headers: { 'content-type': type, 'x-upsert': 'true' },
    body: bytes as BodyInit,
  });
  return path;
}

/** @throws Error for any status but a good one */
async function request(
  path: string,
  key: string,
  authorization = `Bearer ${key}`,
  init: RequestInit = {},
): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), apikey: key, authorization };
  const response = await fetch(`${SUPABASE_URL}${path}`, { ...init, headers });
  if (response.ok) return response;
  throw new Error(`${path.split('?')[0]}: ${response.status} ${await response.text()}`);
}
