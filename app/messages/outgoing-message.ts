import type { EncodedImage } from '../images/encoded-image.ts';
import type { MessageImage } from './message.ts';
import type { Queued } from './queued.ts';

/** What is needed to store a message. The client generates the id. */
export interface NewMessage {
  readonly id: string;
  readonly channelId: string;
  readonly body: string;
  readonly replyTo: string | null;
  readonly mentions: readonly string[];
  readonly images: readonly MessageImage[];
}

/** A chosen picture that is not sent yet, with its description. */
export interface DraftImage extends EncodedImage {
  readonly alt: string;
}

/** A message as it is written, before it has an id. */
export interface MessageDraft extends Omit<NewMessage, 'id' | 'images'> {
  readonly images: readonly DraftImage[];
}

/** A message that the server does not have yet. */
export interface OutgoingMessage extends NewMessage, Queued {}
