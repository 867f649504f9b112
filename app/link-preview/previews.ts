import { FunctionsHttpError } from '@supabase/supabase-js';
import type { Tables } from '../model/database.types.ts';
import { supabase } from '../model/supabase.ts';
import { batched } from '../shared/batch.ts';

export type Preview = Pick<
  Tables<'link_previews'>,
  'message_id' | 'url' | 'title' | 'description' | 'site' | 'image_path'
>;

const COLUMNS = 'message_id, url, title, description, site, image_path';
/** What a project answers that lacks the function, or its server. */
const MISSING = new Set([404, 501, 502, 503]);

let isMissing = false;

/** Whether cards are worth their space: the page is online, and nothing says that the backend has no such function. */
export function canPreview(): boolean {
  return navigator.onLine && !isMissing;
}

/**
 * The preview of a message's link: the stored one, else one that the edge function makes now.
 *
 * @returns null if the backend makes none
 */
export async function loadPreview(messageId: string, url: string): Promise<Preview | null> {
  const stored = await readStored(messageId);
  if (stored?.url === url) return stored;
  return isMissing ? null : inTurn(() => makePreview(messageId, url));
}

async function makePreview(messageId: string, url: string): Promise<Preview | null> {
  const body = { message_id: messageId, url };
  const { data, error } = await supabase.functions.invoke<Preview>('link-preview', { body });
  if (!error) return data;
  if (!(error instanceof FunctionsHttpError)) throw error;
  if (MISSING.has((error.context as Response).status)) isMissing = true;
  return null;
}

/** Two at once: websites may be slow, and a browser has few connections. */
const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
let turn = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  turn = (turn + 1) % lanes.length;
  const done = (lanes[turn] ?? Promise.resolve()).then(work);
  lanes[turn] = done.catch(() => {});
  return done;
}

const readStored = batched(async (messageIds: readonly string[]) => {
  const { data } = await supabase
    .from('link_previews')
    .select(COLUMNS)
    .in('message_id', [...messageIds])
    .throwOnError();
  return new Map<string, Preview>(data.map((row) => [row.message_id, row]));
});
