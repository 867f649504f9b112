import { extensionOf } from '../images/encode.ts';
import { localImages } from '../images/local-images.ts';
import { isTemporary } from '../shared/errors.ts';
import { removeImages, uploadImage } from './image-requests.ts';
import { insertMessage } from './message-requests.ts';
import type { Message } from './message.ts';
import type { MessageDraft, OutgoingMessage } from './outgoing-message.ts';
import { SendQueue } from './send-queue.ts';

/**
 * Unsent messages. Message ids are generated here, so that a retry cannot create a second message; so are the paths
 * of pictures, which are uploaded before the message that refers to them.
 */
export class Outbox {
  readonly queue: SendQueue<OutgoingMessage>;
  readonly #userId: string;
  readonly #onDelivered: (message: Message) => void;
  /** Paths of uploaded pictures. */
  readonly #uploaded = new Set<string>();

  constructor(userId: string, onDelivered: (message: Message) => void) {
    this.#userId = userId;
    this.#onDelivered = onDelivered;
    this.queue = new SendQueue({
      storagePrefix: `ourchat:outbox:${userId}:`,
      send: (item) => this.#send(item),
      upgrade: (item) => ({ ...item, images: item.images ?? [] }),
    });
    // Load stored pictures, to show them after a reload.
    for (const path of this.imagePaths()) void localImages.find(path);
  }

  send(draft: MessageDraft): void {
    const id = crypto.randomUUID();
    const images = draft.images.map(({ blob, width, height, alt }, index) => {
      const path = `${this.#userId}/${id}/${index + 1}.${extensionOf(blob)}`;
      localImages.add(path, blob);
      return { path, width, height, ...(alt === '' ? {} : { alt }) };
    });
    this.queue.add({ ...draft, id, images, createdAt: new Date().toISOString(), state: 'sending' });
  }

  /** Discards a refused message. */
  discard(item: OutgoingMessage): void {
    this.queue.discard(item.id);
    this.#release(item);
    // Files that cannot be removed now are removed later (removeStrayImages).
    removeImages(item.images.map((image) => image.path)).catch(() => {});
  }

  /** Paths of pictures that are not sent yet. */
  imagePaths(): ReadonlySet<string> {
    return new Set(this.queue.getSnapshot().flatMap((item) => item.images.map((image) => image.path)));
  }

  async #send(item: OutgoingMessage): Promise<void> {
    for (const { path } of item.images) {
      if (this.#uploaded.has(path)) continue;
      await uploadImage(path);
      this.#uploaded.add(path);
    }
    this.#onDelivered(await this.#insert(item));
    this.#release(item);
  }

  async #insert(item: OutgoingMessage): Promise<Message> {
    try {
      return await insertMessage(item);
    } catch (error) {
      // A picture may no longer exist, so the next attempt uploads them again.
      if (!isTemporary(error)) this.#uploaded.clear();
      throw error;
    }
  }

  #release(item: OutgoingMessage): void {
    for (const { path } of item.images) {
      localImages.release(path);
      this.#uploaded.delete(path);
    }
  }
}
