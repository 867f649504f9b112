import type { EncodedImage } from '../images/encoded-image.ts';
import type { MessageImage } from './message.ts';
import type { Queued } from './queued.ts';

/** What it takes to store a message. The id is made by whoever writes it. */
export interface NewMessage {
  readonly id: string;
  readonly channelId: string;
  readonly body: string;
  readonly replyTo: string | null;
  readonly mentions: readonly string[];
  readonly images: readonly MessageImage[];
}

/** A picture that is chosen and not sent, with what it shows. */
export interface DraftImage extends EncodedImage {
  readonly alt: string;
}

/** A message as it is written, before it has an id. */
export interface MessageDraft extends Omit<NewMessage, 'id' | 'images'> {
  readonly images: readonly DraftImage[];
}

/** A message on its way. */
export interface OutgoingMessage extends NewMessage, Queued {}
