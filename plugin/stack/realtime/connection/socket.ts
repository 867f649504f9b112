// supabase/realtime v2.129.8 lib/realtime_web/endpoint.ex, lib/realtime_web/channels/user_socket.ex
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { VerifyToken } from '../access/tokens.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Link } from '../protocol/link.ts';
import type { ClientMessage, Serializer } from '../protocol/messages.ts';
import { runSafely } from '../run-safely.ts';
import type { Channel } from './channel.ts';
import type { SocketTap } from './socket-tap.ts';

// A client that leaves more than this unread is disconnected.
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
// Reading pauses while this many messages of one socket, or this many bytes, wait for the database. A parsed message can
// take twenty times the memory of its text.
const MAX_WAITING_MESSAGES = 200;
const MAX_WAITING_BYTES = 5_000_000;
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
  /** The handling of a message failed (or that of the connection itself, without `message`). */
  onError(error: unknown, message?: ClientMessage): void;
  /** The connection is closed and all its channels have left. */
  onClose(): void;
  /** Shows the messages to those who follow. Default: nobody does. */
  readonly tap?: SocketTap;
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
  #waitingBytes = 0;
  #isCorked = false;
  #lastSeen = performance.now();

  constructor(webSocket: WebSocket, raw: Duplex, client: Client, handlers: SocketHandlers) {
    this.#webSocket = webSocket;
    this.#raw = raw;
    this.client = client;
    this.serializer = client.serializer;
    this.#handlers = handlers;
    const onError = (error: unknown): void => handlers.onError(error);
    webSocket.on('message', (data, isBinary) => {
      this.#lastSeen = performance.now();
      // With the default binaryType, ws emits every message as one Buffer.
      runSafely(onError, () => this.#receive(this.serializer.decode(data as Buffer, isBinary)));
    });
    webSocket.on('ping', () => (this.#lastSeen = performance.now()));
    webSocket.on('pong', () => (this.#lastSeen = performance.now()));
    // A reset or an oversized frame; 'close' follows.
    webSocket.on('error', () => {});
    webSocket.on('close', () => runSafely(onError, () => this.#end()));
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
    if (this.#handlers.tap?.isFollowed) this.#handlers.tap.sent(frame);
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

  #receive(message: ClientMessage | undefined): void {
    if (!message) return;
    if (this.#handlers.tap?.isFollowed) this.#handlers.tap.received(message);
    const before = this.#waiting.get(message.topic);
    const task = before ? before.then(() => this.#handle(message)) : this.#handle(message);
    if (task) this.#wait(message, task);
  }

  /** Never rejects. */
  #handle(message: ClientMessage): Promise<void> | undefined {
    const onError = (error: unknown): void => this.#handlers.onError(error, message);
    try {
      return this.#handlers.onMessage(message)?.catch(onError);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  #wait({ topic, bytes }: ClientMessage, task: Promise<void>): void {
    this.#waitingCount++;
    this.#waitingBytes += bytes;
    if (this.#isBehind) this.#webSocket.pause();
    const settled: Promise<void> = task.then(() => {
      this.#waitingCount--;
      this.#waitingBytes -= bytes;
      if (!this.#isBehind && this.#webSocket.isPaused) this.#webSocket.resume();
      if (this.#waiting.get(topic) === settled) this.#waiting.delete(topic);
    });
    this.#waiting.set(topic, settled);
  }

  get #isBehind(): boolean {
    return this.#waitingCount >= MAX_WAITING_MESSAGES || this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  #end(): void {
    for (const channel of this.channels.values()) channel.leave();
    this.channels.clear();
    this.#handlers.onClose();
  }
}
