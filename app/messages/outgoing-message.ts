import type { EncodedImage } from '../images/encoded-image.ts';
import type { MessageFile, MessageImage } from './message.ts';
import type { Queued } from './queued.ts';

/** What is needed to store a message. The client generates the id. */
export interface NewMessage {
  readonly id: string;
  readonly channelId: string;
  readonly body: string;
  readonly replyTo: string | null;
  readonly mentions: readonly string[];
  readonly images: readonly MessageImage[];
  readonly files: readonly MessageFile[];
}

/** A chosen picture that is not sent yet, with its description. */
export interface DraftImage extends EncodedImage {
  readonly alt: string;
}

/** A chosen file that is not sent yet. */
export interface DraftFile {
  readonly blob: Blob;
  readonly name: string;
}

/** A message as it is written, before it has an id. */
export interface MessageDraft extends Omit<NewMessage, 'id' | 'images' | 'files'> {
  readonly images: readonly DraftImage[];
  readonly files: readonly DraftFile[];
}

/** A message that the server does not have yet. */
export interface OutgoingMessage extends NewMessage, Queued {}
