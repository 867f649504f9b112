import { localFiles } from '../files/local-files.ts';
import { Uploads } from '../files/uploads.ts';
import { extensionOf } from '../images/encode.ts';
import { isTemporary } from '../shared/errors.ts';
import { removeFiles } from './file-requests.ts';
import { insertMessage } from './message-requests.ts';
import {
  type Message,
  type MessageFile,
  type MessageImage,
  type StoredFile,
  storedFiles,
} from './message.ts';
import type { MessageDraft, OutgoingMessage } from './outgoing-message.ts';
import { SendQueue } from './send-queue.ts';

/**
 * Unsent messages. Message ids are generated here, so that a retry cannot create a second message; so are the paths
 * of pictures and files, which are uploaded before the message that refers to them.
 */
export class Outbox {
  readonly queue: SendQueue<OutgoingMessage>;
  readonly uploads = new Uploads();
  readonly #userId: string;
  readonly #onDelivered: (message: Message) => void;
  /** Paths of uploaded files. */
  readonly #uploaded = new Set<string>();

  constructor(userId: string, onDelivered: (message: Message) => void) {
    this.#userId = userId;
    this.#onDelivered = onDelivered;
    this.queue = new SendQueue({
      storagePrefix: `ourchat:outbox:${userId}:`,
      send: (item) => this.#send(item),
      upgrade: (item) => ({ ...item, images: item.images ?? [], files: item.files ?? [] }),
    });
    // Load stored files, to show the pictures after a reload.
    for (const path of this.filePaths()) void localFiles.find(path);
  }

  send(draft: MessageDraft): void {
    const id = crypto.randomUUID();
    const folder = `${this.#userId}/${id}`;
    const images = draft.images.map(({ blob, width, height, alt }, index): MessageImage => {
      const path = `${folder}/${index + 1}.${extensionOf(blob)}`;
      localFiles.add(path, blob);
      return { path, width, height, ...(alt === '' ? {} : { alt }) };
    });
    const files = draft.files.map(({ blob, name }, index): MessageFile => {
      const path = `${folder}/${index + 1}`;
      localFiles.add(path, blob);
      return { path, name, size: blob.size };
    });
    this.queue.add({ ...draft, id, images, files, createdAt: new Date().toISOString(), state: 'sending' });
  }

  /** Discards a message that was refused, or whose upload takes too long. */
  discard(item: OutgoingMessage): void {
    this.queue.discard(item.id);
    const files = storedFiles(item);
    for (const { path } of files) this.uploads.abort(path);
    this.#release(files);
    // Files that cannot be removed now are removed later (removeStrayFiles).
    removeFiles(files).catch(() => {});
  }

  /** Paths of files that are not sent yet. */
  filePaths(): ReadonlySet<string> {
    return new Set(this.queue.getSnapshot().flatMap((item) => storedFiles(item).map(({ path }) => path)));
  }

  /** Percentage of the files of a message that are uploaded; undefined while none of them is on its way. */
  progressOf(item: OutgoingMessage): number | undefined {
    const files = storedFiles(item);
    if (files.every(({ path }) => this.uploads.progressOf(path) === undefined)) return undefined;
    const done = files.map(({ path }) =>
      this.#uploaded.has(path) ? 1 : (this.uploads.progressOf(path) ?? 0),
    );
    return Math.round((100 * done.reduce((sum, fraction) => sum + fraction, 0)) / files.length);
  }

  async #send(item: OutgoingMessage): Promise<void> {
    const files = storedFiles(item);
    for (const file of files) {
      if (this.#uploaded.has(file.path)) continue;
      await this.#upload(file);
      this.#uploaded.add(file.path);
    }
    this.#onDelivered(await this.#insert(item));
    this.#release(files);
  }

  async #upload({ bucket, path }: StoredFile): Promise<void> {
    const blob = await localFiles.find(path);
    if (blob) return this.uploads.run({ bucket, path, blob });
    const what = bucket === 'message-images' ? 'picture' : 'file';
    throw new Error(`The ${what} was lost when the page was closed. Send it again.`);
  }

  async #insert(item: OutgoingMessage): Promise<Message> {
    try {
      return await insertMessage(item);
    } catch (error) {
      // A file may no longer exist, so the next attempt uploads them again.
      if (!isTemporary(error)) this.#uploaded.clear();
      throw error;
    }
  }

  #release(files: readonly StoredFile[]): void {
    for (const { path } of files) {
      localFiles.release(path);
      this.#uploaded.delete(path);
    }
  }
}
