import { useState } from 'react';
import { formatSize } from '../files/format-size.ts';
import { encodeImage } from '../images/encode.ts';
import { showToast } from '../shared/toast.ts';
import type { DraftFile, DraftImage } from './outgoing-message.ts';

/** The limits of the columns `images` and `files`. */
const MAX_IMAGES = 4;
const MAX_FILES = 4;
/** The size limit of the bucket `message-files`. */
const MAX_FILE_BYTES = 25 * 1024 * 1024;
const MAX_NAME_LENGTH = 200;

export type Attachment = { readonly key: string } & (
  | ({ readonly kind: 'image' } & DraftImage)
  | ({ readonly kind: 'file' } & DraftFile)
);

interface Attachments {
  readonly images: readonly DraftImage[];
  readonly files: readonly DraftFile[];
  /** Both, in the order in which they were chosen. */
  readonly attachments: readonly Attachment[];
  /** Pictures are being scaled. */
  readonly isBusy: boolean;
  readonly add: (files: readonly File[]) => Promise<void>;
  readonly describe: (key: string, alt: string) => void;
  readonly remove: (key: string) => void;
  readonly clear: () => void;
}

/** Files chosen but not sent, by channel, kept until the page closes. */
const drafts = new Map<string, readonly Attachment[]>();

/** The pictures and files attached to the next message of a channel. */
export function useAttachments(channelId: string): Attachments {
  const [attachments, setAttachments] = useState(drafts.get(channelId) ?? []);
  const [isBusy, setIsBusy] = useState(false);
  const change = (update: (current: readonly Attachment[]) => readonly Attachment[]): void => {
    const next = update(drafts.get(channelId) ?? []);
    drafts.set(channelId, next);
    setAttachments(next);
  };
  const attach = async (file: File): Promise<void> => {
    if (!(await isReadable(file))) {
      showToast(`“${file.name}” cannot be read. To send a folder, pack it into a ZIP file.`);
      return;
    }
    const attachment = await readAttachment(file);
    const same = (drafts.get(channelId) ?? []).filter(({ kind }) => kind === attachment.kind).length;
    if (attachment.kind === 'image' && same >= MAX_IMAGES) {
      showToast(`A message can have up to ${MAX_IMAGES} pictures.`);
    } else if (attachment.kind === 'file' && same >= MAX_FILES) {
      showToast(`A message can have up to ${MAX_FILES} files.`);
    } else if (attachment.kind === 'file' && file.size > MAX_FILE_BYTES) {
      const [size, limit] = [file.size, MAX_FILE_BYTES].map(formatSize);
      showToast(`“${attachment.name}” is too large (${size}). The limit is ${limit}.`);
    } else change((current) => [...current, attachment]);
  };
  const add = async (files: readonly File[]): Promise<void> => {
    setIsBusy(true);
    for (const file of files) await attach(file);
    setIsBusy(false);
  };
  return {
    attachments,
    images: attachments.filter((item) => item.kind === 'image'),
    files: attachments.filter((item) => item.kind === 'file'),
    isBusy,
    add,
    describe: (key, alt) =>
      change((current) => current.map((item) => (item.key === key ? { ...item, alt } : item))),
    remove: (key) => change((current) => current.filter((item) => item.key !== key)),
    clear: () => change(() => []),
  };
}

/** A dropped folder looks like a file until it is read. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** A picture is scaled; what the browser cannot open as one is a file like any other. */
async function readAttachment(file: File): Promise<Attachment> {
  const key = crypto.randomUUID();
  if (/^image\/(?:png|jpeg|webp|gif|avif|bmp)$/.test(file.type)) {
    try {
      return { ...(await encodeImage(file)), kind: 'image', key, alt: '' };
    } catch {
      // Too large, or damaged.
    }
  }
  // The bucket accepts only this type.
  const blob = file.slice(0, file.size, 'application/octet-stream');
  return { kind: 'file', key, blob, name: tidyName(file.name) };
}

/** The name as the table accepts it; what is left out of a long name is its middle. */
function tidyName(name: string): string {
  const letters = Array.from(name.toWellFormed().replaceAll(/[\p{Cc}/\\]/gu, '_') || 'file');
  if (letters.length <= MAX_NAME_LENGTH) return letters.join('');
  return [...letters.slice(0, MAX_NAME_LENGTH - 31), '…', ...letters.slice(-30)].join('');
}
