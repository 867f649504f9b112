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

/** A file of a message. */
export interface MessageFile {
  /** Path in the bucket `message-files`: "<author>/<message>/<number>". */
  readonly path: string;
  /** As the sender's file was named. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
}

/** A stored picture or file of a message. */
export interface StoredFile {
  readonly bucket: 'message-images' | 'message-files';
  readonly path: string;
}

/** Reads the column `images`, whose shape a table constraint guarantees. */
export function readImages(value: Message['images']): readonly MessageImage[] {
  return Array.isArray(value) ? (value as unknown as readonly MessageImage[]) : [];
}

/** Reads the column `files`, whose shape a table constraint guarantees. */
export function readFiles(value: Message['files']): readonly MessageFile[] {
  return Array.isArray(value) ? (value as unknown as readonly MessageFile[]) : [];
}

/** Pictures with what they are called where the sender has not described them. */
export function describeImages(
  images: readonly MessageImage[],
  author: string,
): readonly { readonly path: string; readonly alt: string }[] {
  return images.map(({ path, alt }, index) => ({
    path,
    alt: alt ?? (images.length === 1 ? `Picture from ${author}` : `Picture ${index + 1} from ${author}`),
  }));
}

/** Where the pictures and files of a message are stored. */
export function storedFiles(message: {
  readonly images: readonly MessageImage[];
  readonly files: readonly MessageFile[];
}): readonly StoredFile[] {
  return [
    ...message.images.map(({ path }) => ({ bucket: 'message-images' as const, path })),
    ...message.files.map(({ path }) => ({ bucket: 'message-files' as const, path })),
  ];
}

/** A message in one line: its text without marks, otherwise its pictures or files. */
export function summarizeMessage(message: Pick<Message, 'body' | 'images' | 'files'>): string {
  if (message.body !== '') return plainText(message.body);
  const images = readImages(message.images);
  const files = readFiles(message.files);
  const [image] = images;
  const [file] = files;
  if (images.length + files.length > 1) {
    return files.length === 0 ? `${images.length} pictures` : `${images.length + files.length} files`;
  }
  if (file) return `File: ${file.name}`;
  return image?.alt ? `Picture: ${image.alt}` : 'Picture';
}
