import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Channel } from './channel.ts';
import { joinChannel } from '../events/join.ts';
import type { Realtime } from '../server.ts';
import type { Frame } from '../protocol/frame.ts';
import type { ClientMessage, Serializer } from '../protocol/messages.ts';

// What a client may leave unread before it is cut off.
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
// Messages of one socket that wait for the database, before its reading pauses.
const MAX_WAITING_MESSAGES = 200;
// Supabase Realtime closes an idle socket after 60 seconds and a few.
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** One connected client: reads its messages in order, topic by topic, and writes frames to it. */
export class ClientSocket {
  readonly serializer: Serializer;
  /** The token of the handshake: that of every channel joined without one of its own. */
  readonly token: string;
  /** Headers `x-…` of the handshake, for policies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly channels: Map<string, Channel> = new Map();
  /** Joins that are being decided. */
  joining = 0;
  readonly #realtime: Realtime;
  readonly #webSocket: WebSocket;
  readonly #raw: Duplex;
  /** The last task of each topic that still waits for something; other topics go on meanwhile. */
  readonly #waiting = new Map<string, Promise<void>>();
  #waitingCount = 0;
  #isCorked = false;
  #lastSeen = performance.now();

  constructor(
    realtime: Realtime,
    webSocket: WebSocket,
    raw: Duplex,
    client: { serializer: Serializer; token: string; headers: Readonly<Record<string, string>> },
  ) {
    this.#realtime = realtime;
    this.#webSocket = webSocket;
    this.#raw = raw;
    this.serializer = client.serializer;
    this.token = client.token;
    this.headers = client.headers;
    webSocket.on('message', (data, isBinary) => {
      this.#lastSeen = performance.now();
      // With the default binaryType, ws hands every message over as one Buffer.
      const message = this.serializer.decode(data as Buffer, isBinary);
      if (message) this.#receive(message);
    });
    webSocket.on('ping', () => (this.#lastSeen = performance.now()));
    webSocket.on('pong', () => (this.#lastSeen = performance.now()));
    // A reset or an oversized frame; 'close' follows.
    webSocket.on('error', () => {});
    webSocket.on('close', () => this.#end());
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** Bytes that the client has not read yet. */
  get bufferedBytes(): number {
    return this.#raw.writableLength;
  }

  /** Writes a complete frame. A client that does not read is cut off instead of being buffered for without end. */
  write(frame: Frame): void {
    if (!this.isOpen) return;
    if (this.#raw.writableLength > MAX_BUFFERED_BYTES) {
      this.cut();
      return;
    }
    if (!this.#isCorked) {
      // All frames of this turn of the event loop leave in one system call.
      this.#isCorked = true;
      this.#raw.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#raw.uncork();
      });
    }
    this.#raw.write(frame);
  }

  /** Resolves when the client has read everything; one that does not within `timeoutMs` is cut off. */
  drain(timeoutMs: number): Promise<void> {
    if (!this.isOpen || this.#raw.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.cut(), timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        this.#raw.off('drain', done);
        this.#raw.off('close', done);
        resolve();
      };
      this.#raw.on('drain', done);
      this.#raw.on('close', done);
    });
  }

  /** Ends the connection without a word: the client does not listen. */
  cut(): void {
    this.#webSocket.terminate();
  }

  close(code: number, reason = ''): void {
    this.#webSocket.close(code, reason);
    setTimeout(() => this.#webSocket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  /** Closes a socket that was silent for too long: an official client sends a heartbeat every 25 seconds. */
  closeIfIdle(now: number): void {
    if (now - this.#lastSeen > IDLE_TIMEOUT_MS) this.close(1000);
  }

  #receive(message: ClientMessage): void {
    const { topic } = message;
    const before = this.#waiting.get(topic);
    if (!before) {
      const task = this.#handle(message);
      if (task) this.#wait(topic, task);
      return;
    }
    this.#wait(
      topic,
      before.then(() => this.#handle(message)),
    );
  }

  #wait(topic: string, task: Promise<void>): void {
    if (++this.#waitingCount === MAX_WAITING_MESSAGES) this.#webSocket.pause();
    const settled: Promise<void> = task
      .catch((error: unknown) => this.#realtime.reportFailure(error))
      .then(() => {
        if (--this.#waitingCount < MAX_WAITING_MESSAGES && this.#webSocket.isPaused) this.#webSocket.resume();
        if (this.#waiting.get(topic) === settled) this.#waiting.delete(topic);
      });
    this.#waiting.set(topic, settled);
  }

  /** Undefined when it was handled at once. */
  #handle(message: ClientMessage): Promise<void> | undefined {
    const { joinRef, ref, topic, event } = message;
    if (topic === 'phoenix' && event === 'heartbeat') {
      this.write(this.serializer.reply(null, ref, topic, 'ok', '{}'));
      return undefined;
    }
    const channel = this.channels.get(topic);
    if (event === 'phx_join' && topic.startsWith('realtime:')) {
      return joinChannel(this.#realtime, this, message, channel);
    }
    if (event === 'phx_leave') {
      channel?.leave();
      this.write(this.serializer.reply(joinRef, ref, topic, 'ok', '{}'));
      channel?.sendClose();
      return undefined;
    }
    if (channel) return channel.handle(message);
    this.write(this.serializer.reply(null, ref, topic, 'error', '{"reason":"unmatched topic"}'));
    return undefined;
  }

  #end(): void {
    for (const channel of this.channels.values()) channel.leave();
    this.channels.clear();
    this.#realtime.sockets.delete(this);
  }
}
