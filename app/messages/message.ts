import type { Tables } from '../model/database.types.ts';

/** A stored message, as the table has it and as realtime delivers it. */
export type Message = Tables<'messages'>;

/** Who reacted how: emoji → ids of people, in the order in which they did. */
export type Reactions = readonly (readonly [emoji: string, userIds: readonly string[]])[];

/** Reads the column `reactions`; anything that is not of its shape is left out. */
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
  /** Where it is in the bucket `message-images`: "<author>/<message>/<number>.webp". */
  readonly path: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** What it shows, if its sender has said so. */
  readonly alt?: string | undefined;
}

/** Reads the column `images`, whose shape a constraint of the table keeps. */
export function readImages(value: Message['images']): readonly MessageImage[] {
  return Array.isArray(value) ? (value as unknown as readonly MessageImage[]) : [];
}

/** A message in one line: what it says, otherwise what it shows. */
export function summarizeMessage(message: Pick<Message, 'body' | 'images'>): string {
  if (message.body !== '') return message.body;
  const [image, ...others] = readImages(message.images);
  if (others.length > 0) return `${others.length + 1} pictures`;
  return image?.alt ? `Picture: ${image.alt}` : 'Picture';
}
