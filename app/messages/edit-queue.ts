import { deleteMessage, editMessage } from './message-requests.ts';
import type { Message, StoredFile } from './message.ts';
import type { Queued } from './queued.ts';
import { SendQueue } from './send-queue.ts';

/**
 * An unsent edit or deletion of the user's own message. Its id is the message's, so a later change replaces an
 * earlier one.
 */
export interface PendingEdit extends Queued {
  readonly change:
    | { readonly kind: 'edit'; readonly body: string; readonly mentions: readonly string[] }
    | { readonly kind: 'delete'; readonly files: readonly StoredFile[] };
}

/** Unsent edits and deletions, shown as if they were done. */
export class EditQueue {
  readonly queue: SendQueue<PendingEdit>;
  readonly #onDelivered: (edit: PendingEdit, message: Message | null) => Promise<void>;

  /** @param onDelivered receives the message as stored; null after a deletion, which has to be fetched */
  constructor(userId: string, onDelivered: (edit: PendingEdit, message: Message | null) => Promise<void>) {
    this.#onDelivered = onDelivered;
    this.queue = new SendQueue({
      storagePrefix: `ourchat:edits:${userId}:`,
      send: (edit) => this.#send(edit),
    });
  }

  add(message: Message, change: PendingEdit['change']): void {
    const createdAt = new Date().toISOString();
    this.queue.add({ id: message.id, channelId: message.channel_id, createdAt, state: 'sending', change });
  }

  async #send(edit: PendingEdit): Promise<void> {
    const { id, change } = edit;
    if (change.kind === 'edit') {
      await this.#onDelivered(edit, await editMessage({ id, ...change }));
    } else {
      await deleteMessage(id, change.files);
      await this.#onDelivered(edit, null);
    }
  }
}

/** A message with its unsent edit applied. A refused deletion is not applied: the message still exists. */
export function applyEdit(message: Message, edit: PendingEdit | undefined): Message {
  if (edit?.change.kind === 'edit') {
    return { ...message, body: edit.change.body, mentions: [...edit.change.mentions] };
  }
  if (edit && edit.state !== 'failed') return { ...message, deleted_at: edit.createdAt };
  return message;
}
