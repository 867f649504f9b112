import type { Tables } from '../model/database.types.ts';
import { plainText } from './markdown.ts';

/** A stored message: a row of the table, which Realtime delivers in the same form. */
export type Message = Tables<'messages'>;

/** Reactions: emoji → user ids, in the order in which they reacted. */
export type Reactions = readonly (readonly [emoji: string, userIds: readonly string[]])[];

/** Reads the column `reactions` and ignores anything malformed. */
export function readReactions(value: Message['reactions']): Reactions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([emoji, people]) => {
    if (!Array.isArray(people)) return [];
    const ids = people.filter((id) => typeof id === 'string');
    return ids.length === 0 ? [] : [[emoji, ids] as const];
  });
}

/** A picture of a message. */
export interface MessageImage {
  /** Path in the bucket `message-images`: "<author>/<message>/<number>.webp". */
  readonly path: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** Description by the sender, if any. */
  readonly alt?: string | undefined;
}

/** Reads the column `images`, whose shape a table constraint guarantees. */
export function readImages(value: Message['images']): readonly MessageImage[] {
  return Array.isArray(value) ? (value as unknown as readonly MessageImage[]) : [];
}

/** A message in one line: its text without marks, otherwise its pictures. */
export function summarizeMessage(message: Pick<Message, 'body' | 'images'>): string {
  if (message.body !== '') return plainText(message.body);
  const [image, ...others] = readImages(message.images);
  if (others.length > 0) return `${others.length + 1} pictures`;
  return image?.alt ? `Picture: ${image.alt}` : 'Picture';
}
