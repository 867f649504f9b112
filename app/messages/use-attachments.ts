import { useState } from 'react';
import { encodeImage } from '../images/encode.ts';
import { showErrorToast, showToast } from '../shared/toast.ts';
import type { DraftImage } from './outgoing-message.ts';

/** The limit of the column `images`. */
const MAX_IMAGES = 4;

export interface Attachment extends DraftImage {
  readonly key: string;
}

interface Attachments {
  readonly attachments: readonly Attachment[];
  /** Pictures are being scaled. */
  readonly isBusy: boolean;
  readonly add: (files: readonly File[]) => Promise<void>;
  readonly describe: (key: string, alt: string) => void;
  readonly remove: (key: string) => void;
  readonly clear: () => void;
}

/** Pictures chosen but not sent, by channel, kept until the page closes. */
const drafts = new Map<string, readonly Attachment[]>();

/** The pictures attached to the next message of a channel. */
export function useAttachments(channelId: string): Attachments {
  const [attachments, setAttachments] = useState(drafts.get(channelId) ?? []);
  const [isBusy, setIsBusy] = useState(false);
  const change = (update: (current: readonly Attachment[]) => readonly Attachment[]): void => {
    const next = update(drafts.get(channelId) ?? []);
    drafts.set(channelId, next);
    setAttachments(next);
  };
  const add = async (files: readonly File[]): Promise<void> => {
    const room = MAX_IMAGES - (drafts.get(channelId)?.length ?? 0);
    if (files.length > room) showToast(`A message can have up to ${MAX_IMAGES} pictures.`);
    setIsBusy(true);
    for (const file of files.slice(0, room)) {
      try {
        const image = await encodeImage(file);
        change((current) => [...current, { ...image, key: crypto.randomUUID(), alt: '' }]);
      } catch (error) {
        showErrorToast(error);
      }
    }
    setIsBusy(false);
  };
  return {
    attachments,
    isBusy,
    add,
    describe: (key, alt) =>
      change((current) => current.map((item) => (item.key === key ? { ...item, alt } : item))),
    remove: (key) => change((current) => current.filter((item) => item.key !== key)),
    clear: () => change(() => []),
  };
}
