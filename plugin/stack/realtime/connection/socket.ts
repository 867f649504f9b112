// supabase/realtime v2.129.8 lib/realtime_web/endpoint.ex, lib/realtime_web/channels/user_socket.ex
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { VerifyToken } from '../access/tokens.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Link } from '../protocol/link.ts';
import type { ClientMessage, Serializer } from '../protocol/messages.ts';
import type { Channel } from './channel.ts';

// A client that leaves more than this unread is disconnected.
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
// Reading pauses while this many messages of one socket wait for the database.
const MAX_WAITING_MESSAGES = 200;
// Realtime closes an idle socket after a little more than 60 seconds.
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** What the handshake established about a client. */
export interface Client {
  readonly serializer: Serializer;
  /** Used by every channel that is joined without a token. */
  readonly token: string;
  /** Verifies every token that comes over this connection. */
  readonly verifyToken: VerifyToken;
  /** Headers `x-…` of the handshake, which policies can read. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SocketHandlers {
  /** Handles one message. Messages of one topic are handled one after the other; undefined when already done. */
  onMessage(message: ClientMessage): Promise<void> | undefined;
  /** A message handler rejected. */
  onError(error: unknown): void;
  /** The connection is closed and all its channels have left. */
  onClose(): void;
}

/** One connected client: reads its messages in order, topic by topic, and writes frames to it. */
export class ClientSocket implements Link {
  readonly client: Client;
  readonly serializer: Serializer;
  readonly channels: Map<string, Channel> = new Map();
  /** Number of joins in progress. */
  joining = 0;
  readonly #handlers: SocketHandlers;
  readonly #webSocket: WebSocket;
  readonly #raw: Duplex;
  /** The last pending task of each topic; topics do not wait for each other. */
  readonly #waiting = new Map<string, Promise<void>>();
  #waitingCount = 0;
  #isCorked = false;
  #lastSeen = performance.now();

  constructor(webSocket: WebSocket, raw: Duplex, client: Client, handlers: SocketHandlers) {
    this.#webSocket = webSocket;
    this.#raw = raw;
    this.client = client;
    this.serializer = client.serializer;
    this.#handlers = handlers;
    webSocket.on('message', (data, isBinary) => {
      this.#lastSeen = performance.now();
      // With the default binaryType, ws emits every message as one Buffer.
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

  get bufferedBytes(): number {
    return this.#raw.writableLength;
  }

  /** Disconnects a client that does not read, instead of buffering without limit. */
  write(frame: Frame): void {
    if (!this.isOpen) return;
    if (this.#raw.writableLength > MAX_BUFFERED_BYTES) {
      this.terminate();
      return;
    }
    if (!this.#isCorked) {
      // All frames of this turn of the event loop are sent with one system call.
      this.#isCorked = true;
      this.#raw.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.#raw.uncork();
      });
    }
    this.#raw.write(frame);
  }

  drain(timeoutMs: number): Promise<void> {
    if (!this.isOpen || this.#raw.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.terminate(), timeoutMs);
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

  /** Terminates without a close frame (the client is not reading). */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Closes with a close frame; terminates if the client does not answer it within five seconds. */
  close(code: number, reason = ''): void {
    this.#webSocket.close(code, reason);
    setTimeout(() => this.#webSocket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  /** Closes a silent socket: official clients send a heartbeat every 25 seconds. */
  closeIfIdle(now: number): void {
    if (now - this.#lastSeen > IDLE_TIMEOUT_MS) this.close(1000);
  }

  #receive(message: ClientMessage): void {
    const { topic } = message;
    const before = this.#waiting.get(topic);
    if (!before) {
      const task = this.#handlers.onMessage(message);
      if (task) this.#wait(topic, task);
      return;
    }
    this.#wait(
      topic,
      before.then(() => this.#handlers.onMessage(message)),
    );
  }

  #wait(topic: string, task: Promise<void>): void {
    if (++this.#waitingCount === MAX_WAITING_MESSAGES) this.#webSocket.pause();
    const settled: Promise<void> = task
      .catch((error: unknown) => this.#handlers.onError(error))
      .then(() => {
        if (--this.#waitingCount < MAX_WAITING_MESSAGES && this.#webSocket.isPaused) this.#webSocket.resume();
        if (this.#waiting.get(topic) === settled) this.#waiting.delete(topic);
      });
    this.#waiting.set(topic, settled);
  }

  #end(): void {
    for (const channel of this.channels.values()) channel.leave();
    this.channels.clear();
    this.#handlers.onClose();
  }
}
