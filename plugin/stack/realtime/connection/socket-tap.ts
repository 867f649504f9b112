import type { ObservedFrame } from '../../../shared/observed.ts';
import type { Tap } from '../../../shared/tap.ts';
import { readFrame, type Frame } from '../protocol/frame.ts';
import type { ClientMessage, Serializer } from '../protocol/messages.ts';
import { readBroadcast } from '../protocol/v2.ts';

/** Shows the messages of one socket to those who follow. Its owner asks `isFollowed` first. */
export class SocketTap {
  readonly #frames: Tap<ObservedFrame>;
  readonly #serializer: Serializer;
  readonly #socket: number;

  /** @param socket counted from 1 in the order of connecting */
  constructor(frames: Tap<ObservedFrame>, serializer: Serializer, socket: number) {
    this.#frames = frames;
    this.#serializer = serializer;
    this.#socket = socket;
  }

  get isFollowed(): boolean {
    return this.#frames.isFollowed;
  }

  received(message: ClientMessage): void {
    this.#emit('in', message, message.bytes);
  }

  sent(frame: Frame): void {
    const { isBinary, data } = readFrame(frame);
    const message = isBinary ? readBroadcast(data) : this.#serializer.decode(data, false);
    if (message) this.#emit('out', message, frame.length);
  }

  #emit(direction: 'in' | 'out', message: Partial<ClientMessage>, bytes: number): void {
    const { topic = '', event = '', broadcast } = message;
    this.#frames.emit({
      socket: this.#socket,
      direction,
      topic,
      event: broadcast ? `${event} ${broadcast.event}` : event,
      bytes,
      payload: contentOf(message),
    });
  }
}

function contentOf({ payloadText, payload, broadcast, binary }: Partial<ClientMessage>): string | Buffer {
  if (broadcast?.isJson) return broadcast.data.toString();
  return broadcast?.data ?? binary ?? payloadText ?? JSON.stringify(payload ?? null);
}
