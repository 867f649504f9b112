// Makes the preview of a link in a message: title, description and picture of the page. It fetches only links of messages
// that the caller can read, only from public websites, and each of them once: the table link_previews keeps the result.
import { allowOrigins, fail, isUuid, readInput, reply } from '../_shared/answers.ts';
import { makePreview } from './preview.ts';
import { readMessage, storePreview, type StoredPreview } from './store.ts';

const MAX_URL = 2_000;

/** What is being made now, by message and link: everyone who has the channel open asks at the same time. */
const running = new Map<string, Promise<StoredPreview | undefined>>();

Deno.serve(async (req) => {
  if (req.method === 'OPTIONS') return allowOrigins();
  if (req.method !== 'POST') return fail(405, 'use POST');
  const { message_id: id, url } = await readInput(req);
  if (!isUuid(id)) return fail(400, 'message_id must be the id of a message');
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
