import { extensionOf } from '../images/encode.ts';
import { localImages } from '../images/local-images.ts';
import { isTemporary } from '../shared/errors.ts';
import { removeImages, uploadImage } from './image-requests.ts';
import { insertMessage } from './message-requests.ts';
import type { Message } from './message.ts';
import type { MessageDraft, OutgoingMessage } from './outgoing-message.ts';
import { SendQueue } from './send-queue.ts';

/**
 * Messages on their way. Ids are made here, so an attempt can be repeated without a second message; so are the paths of
 * pictures, which are uploaded before the message that names them.
 */
export class Outbox {
  readonly queue: SendQueue<OutgoingMessage>;
  readonly #userId: string;
  readonly #onDelivered: (message: Message) => void;
  /** Paths of pictures that the server has. */
  readonly #uploaded = new Set<string>();

  constructor(userId: string, onDelivered: (message: Message) => void) {
    this.#userId = userId;
    this.#onDelivered = onDelivered;
    this.queue = new SendQueue({
      storagePrefix: `ourchat:outbox:${userId}:`,
      send: (item) => this.#send(item),
      upgrade: (item) => ({ ...item, images: item.images ?? [] }),
    });
    // To be shown again after a reload.
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

  /** Gives up a message that was refused. */
  discard(item: OutgoingMessage): void {
    this.queue.discard(item.id);
    this.#release(item);
    // What cannot be removed now is a stray file, and removed another time.
    removeImages(item.images.map((image) => image.path)).catch(() => {});
  }

  /** Paths of the pictures that are still to be sent. */
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
      // Perhaps a picture is not there any more: the next attempt begins with them.
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
