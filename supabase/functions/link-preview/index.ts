// Makes the preview of a link in a message: title, description and picture of the page. It fetches only links of messages
// that the caller can read, only from public websites, and each of them once: the table link_previews keeps the result.
import { makePreview } from './preview.ts';
import { readMessage, storePreview, type StoredPreview } from './store.ts';

/** The page may be on another origin than Supabase. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
};
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const MAX_URL = 2_000;

/** What is being made now, by message and link: everyone who has the channel open asks at the same time. */
const running = new Map<string, Promise<StoredPreview | undefined>>();

Deno.serve(async (req) => {
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS });
  if (req.method !== 'POST') return fail(405, 'use POST');
  const { message_id: id, url } = await readInput(req);
  if (typeof id !== 'string' || !UUID.test(id)) return fail(400, 'message_id must be the id of a message');
  if (typeof url !== 'string' || url.length > MAX_URL || !URL.canParse(url))
    return fail(400, 'url must be a link of the message');
  const read = (): ReturnType<typeof readMessage> => readMessage(id, req.headers.get('authorization') ?? '');
  const message = await read();
  // 404 is the answer of a project that lacks this function.
  if (!message) return fail(403, 'no message with this id that you can read');
  if (!message.body.includes(url)) return fail(400, 'url must be a link of the message');
  if (message.preview?.url === url) return reply(message.preview);
  const preview = await once(`${id} ${url}`, async () => {
    // Another call may have stored it after this one has read.
    const stored = (await read())?.preview;
    return stored?.url === url ? stored : storePreview(id, url, await makePreview(url));
  });
  return preview ? reply(preview) : fail(403, 'the message no longer has this link');
});

/** Runs `make`, or waits for the one that runs already under this key. */
async function once(
  key: string,
  make: () => Promise<StoredPreview | undefined>,
): Promise<StoredPreview | undefined> {
  const present = running.get(key);
  if (present) return present;
  const making = make().finally(() => running.delete(key));
  running.set(key, making);
  return making;
}

async function readInput(req: Request): Promise<Record<string, unknown>> {
  const value: unknown = await req.json().catch(() => undefined);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function reply(preview: StoredPreview): Response {
  return Response.json(preview, { headers: CORS });
}

function fail(status: number, message: string): Response {
  return Response.json({ message }, { status, headers: CORS });
}
