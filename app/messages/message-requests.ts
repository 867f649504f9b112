import { supabase } from '../model/supabase.ts';
import { errorCode } from '../shared/errors.ts';
import { removeFiles } from './file-requests.ts';
import type { Message, StoredFile } from './message.ts';
import type { NewMessage } from './outgoing-message.ts';

export const PAGE_SIZE = 50;
/** Maximum number of rows in a response (`api.max_rows` in supabase/config.toml). */
export const MAX_ROWS = 1_000;

/** Request timeout: after a phone changes networks, a response may never come. */
const TIMEOUT_MS = 15_000;

function timeout(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}

/**
 * One page of history, oldest first: the newest messages, or those just before `before` (keyset pagination: the
 * position is the key, so a page costs the same at any depth and does not shift when new messages arrive).
 */
export async function fetchPage(channelId: string, before?: number, size = PAGE_SIZE): Promise<Message[]> {
  const query = supabase.from('messages').select('*').eq('channel_id', channelId);
  const { data } = await (before === undefined ? query : query.lt('position', before))
    .order('position', { ascending: false })
    .limit(size)
    .abortSignal(timeout())
    .throwOnError();
  return data.toReversed();
}

/** The messages just after a position, oldest first. */
export async function fetchNewer(channelId: string, after: number, size = PAGE_SIZE): Promise<Message[]> {
  const { data } = await supabase
    .from('messages')
    .select('*')
    .eq('channel_id', channelId)
    .gt('position', after)
    .order('position')
    .limit(size)
    .abortSignal(timeout())
    .throwOnError();
  return data;
}

/** A message with pictures, as much of it as a gallery shows. */
export type Pictures = Pick<Message, 'author_id' | 'created_at' | 'images'>;

/** The newest messages of a channel with pictures, oldest first. */
export async function fetchPictures(channelId: string): Promise<Pictures[]> {
  const { data } = await supabase
    .from('messages')
    .select('author_id, created_at, images')
    .eq('channel_id', channelId)
    .neq('images', '[]')
    .order('position', { ascending: false })
    .limit(MAX_ROWS)
    .abortSignal(timeout())
    .throwOnError();
  return data.toReversed();
}

/** The messages of a channel that changed after `revision`, in the order of the changes; at most `MAX_ROWS`. */
export async function fetchChanges(channelId: string, revision: number): Promise<Message[]> {
  const { data } = await supabase
    .from('messages')
    .select('*')
    .eq('channel_id', channelId)
    .gt('revision', revision)
    .order('revision')
    .limit(MAX_ROWS)
    .abortSignal(timeout())
    .throwOnError();
  return data;
}

export async function fetchMessage(id: string): Promise<Message | null> {
  const { data } = await supabase
    .from('messages')
    .select('*')
    .eq('id', id)
    .abortSignal(timeout())
    .maybeSingle()
    .throwOnError();
  return data;
}

/** SQLSTATE of a duplicate key. */
const UNIQUE_VIOLATION = '23505';

/**
 * Stores a message whose pictures and files are already uploaded. Safe to repeat: if an earlier attempt succeeded but its
 * response was lost, the id exists, and the stored message is the one we sent.
 *
 * @returns the message as stored
 */
export async function insertMessage(message: NewMessage): Promise<Message> {
  const { data, error } = await supabase
    .from('messages')
    .insert({
      id: message.id,
      channel_id: message.channelId,
      body: message.body,
      reply_to: message.replyTo,
      mentions: [...message.mentions],
      images: message.images.map((image) => ({ ...image })),
      files: message.files.map((file) => ({ ...file })),
    })
    .select()
    .abortSignal(timeout())
    .single();
  if (!error) return data;
  const stored = errorCode(error) === UNIQUE_VIOLATION ? await fetchMessage(message.id) : null;
  if (stored) return stored;
  throw error;
}

/**
 * Edits the text of the user's own message.
 *
 * @returns the message as stored
 * @throws Error if the message has been deleted or its channel archived
 */
export async function editMessage(input: {
  id: string;
  body: string;
  mentions: readonly string[];
}): Promise<Message> {
  const { id, body, mentions } = input;
  const { data } = await supabase
    .from('messages')
    .update({ body, mentions: [...mentions] })
    .eq('id', id)
    .select()
    .abortSignal(timeout())
    .maybeSingle()
    .throwOnError();
  if (!data) throw new Error('This message can no longer be edited.');
  return data;
}

/** Deletes a message, then its files: the policies keep files that a message uses. */
export async function deleteMessage(id: string, files: readonly StoredFile[]): Promise<void> {
  await supabase.rpc('delete_message', { message_id: id }).abortSignal(timeout()).throwOnError();
  // Files left behind are removed the next time the chat is opened (removeStrayFiles).
  await removeFiles(files).catch(() => {});
}

export async function addReaction(input: { messageId: string; emoji: string }): Promise<void> {
  const { error } = await supabase
    .from('reactions')
    .insert({ message_id: input.messageId, emoji: input.emoji });
  if (error && errorCode(error) !== UNIQUE_VIOLATION) throw error;
}

export async function removeReaction(input: {
  messageId: string;
  emoji: string;
  userId: string;
}): Promise<void> {
  await supabase
    .from('reactions')
    .delete()
    .match({ message_id: input.messageId, emoji: input.emoji, user_id: input.userId })
    .throwOnError();
}
