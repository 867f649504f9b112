import type { Message } from '../../app/messages/message.ts';

/** A stored message of a channel without any edits: revision = position. */
export function makeMessage(position: number, change: Partial<Message> = {}): Message {
  return {
    id: `m${position}`,
    channel_id: 'c1',
    family_id: 'f1',
    author_id: 'u1',
    position,
    revision: position,
    body: `Message ${position}`,
    reply_to: null,
    mentions: [],
    reactions: {},
    images: [],
    files: [],
    created_at: new Date(Date.UTC(2026, 10, 22, 12, 0, position)).toISOString(),
    edited_at: null,
    deleted_at: null,
    ...change,
  };
}
