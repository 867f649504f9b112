import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from './json.ts';
import type { ObservedFrame, ObservedOutput } from './observed.ts';
import { Tap } from './tap.ts';

/** A statement with its parameters, as it is sent to PostgreSQL. */
export interface SqlStatement {
  readonly text: string;
  readonly params: readonly (string | Buffer | null)[];
}

/** Who asks the database: a role, with claims. */
export interface DatabaseCaller {
  readonly role: string;
  readonly claims: JsonObject;
}

/** From this many milliseconds on, an answer is slow. */
export const SLOW_MS = 1_000;

/** An answer of REST that was refused, without rows, or slow; every answer while somebody looks. */
export interface RestObservation {
  readonly kind: 'rest';
  /** Node's request: the same object that the gateway's observation has. */
  readonly request: object;
  readonly method: string;
  /** Path and query string, without the gateway's prefix. */
  readonly url: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly error?: RestFailure;
  /** Absent when the request's token was refused. */
  readonly caller?: DatabaseCaller;
  /** The token of the request. */
  readonly token?: string;
  /** The schema that the request chose, where it could be read. */
  readonly schema?: string;
  /** What the request reads or changes, once it was found in the schema cache. */
  readonly target?: RestTarget;
  /** Rows of the answer, or changed rows. */
  readonly rows?: number;
  /** The statements of the request's transaction: settings, then the statement itself. */
  readonly transaction?: {
    readonly before: readonly SqlStatement[];
    readonly statements: readonly SqlStatement[];
  };
}

export interface RestFailure {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly hint?: string | null;
}

export interface RestTarget {
  readonly action: 'select' | 'insert' | 'update' | 'delete' | 'call';
  readonly schema: string;
  readonly name: string;
  /** Whether changed rows are returned, which needs the right to read them. */
  readonly returnsRows: boolean;
  /** JSON of the written rows. */
  readonly body?: string;
  /** Selects the rows that the filters name, each as text of the table's row type; undefined for inserts and calls. */
  matching?(limit: number): SqlStatement;
}

interface ChannelRefusal {
  readonly kind: 'realtime';
  /** Without `realtime:`. */
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly reason: string;
  /** The token of the channel. */
  readonly token: string;
}

/** What Realtime refused, closed, or did not send. */
export type RealtimeObservation =
  | {
      readonly kind: 'realtime';
      readonly event: 'handshake-refused';
      readonly status: number;
      readonly reason: string;
      readonly token: string | undefined;
      /** The path to a Realtime elsewhere; absent for the one in this process. */
      readonly route?: { readonly origin: string; readonly isDirect: boolean };
    }
  | (ChannelRefusal & { readonly event: 'join-refused' })
  | (ChannelRefusal & { readonly event: 'channel-closed' })
  | (ChannelRefusal & { readonly event: 'broadcast-dropped' })
  | {
      readonly kind: 'realtime';
      readonly event: 'subscription-refused';
      readonly topic: string;
      readonly schema: string;
      readonly table: string;
      /** Columns of filters and selection. */
      readonly columns: readonly string[];
      readonly reason: string;
      readonly caller: DatabaseCaller;
    }
  | {
      /** Subscribers of the table exist, and not one of them received the change. */
      readonly kind: 'realtime';
      readonly event: 'change-undelivered';
      readonly schema: string;
      readonly table: string;
      readonly type: 'INSERT' | 'UPDATE' | 'DELETE';
      /** Primary key, by column, in PostgreSQL's text format. */
      readonly key: Readonly<Record<string, string | null>>;
      readonly why: UndeliveredReason;
      readonly topic: string;
      readonly caller: DatabaseCaller;
    };

export type UndeliveredReason =
  | {
      readonly kind: 'policy';
      /** The subscription names rows by a filter, which the change passed. */
      readonly isFiltered: boolean;
    }
  | {
      /** A filter reads a value that was not logged (replica identity). */
      readonly kind: 'filter';
      readonly filter: string;
      readonly column: string;
    };

/** A request that the gateway has answered; emitted only while somebody records. */
export interface RequestObservation {
  readonly kind: 'request';
  /** Node's request: the same object that REST's observation has. */
  readonly request: object;
  readonly method: string;
  /** As the client sent it. */
  readonly url: string;
  readonly status: number;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  readonly milliseconds: number;
  /** The part of that before the service received it; undefined when no service did. */
  readonly gatewayMilliseconds: number | undefined;
  /** Headers as the client sent them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The Authorization header that the service received; undefined when no service did. */
  readonly authorization: string | undefined;
  /** Undefined when it is larger than 64 KiB, has not arrived whole, or nobody asked for bodies. */
  readonly body: Buffer | undefined;
}

/** A refusal of the gateway itself. */
export interface GatewayObservation {
  readonly kind: 'gateway';
  /** Node's request. */
  readonly request: object;
  readonly transport: 'http' | 'websocket';
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** The page that asked. */
  readonly origin: string | undefined;
}

/** An upload or another request that Storage refused. */
export interface StorageObservation {
  readonly kind: 'storage';
  /** Node's request. */
  readonly request: object;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly token: string | undefined;
}

/** Auth sends the browser to the site instead of the page that the client named. */
export interface RedirectObservation {
  readonly kind: 'redirect';
  readonly asked: string;
  readonly used: string;
}

/** A call of an edge function that its service refused. */
export interface FunctionObservation {
  readonly kind: 'function';
  /** Node's request. */
  readonly request: object;
  readonly slug: string;
  /** The token is refused, or there is no such function. */
  readonly status: 401 | 404;
  readonly code: string;
  readonly message: string;
  readonly token: string | undefined;
}

/**
 * An answer of a Supabase elsewhere that is refused or has no rows. The backend that knows it makes an observation of the
 * service of it (backend/explain-upstream.ts).
 */
export interface UpstreamObservation {
  readonly kind: 'upstream';
  /** Node's request. */
  readonly request: object;
  readonly service: string;
  readonly method: string;
  /** Path and query string, without the gateway's prefix. */
  readonly url: string;
  /** Headers as the client sent them. */
  readonly headers: IncomingHttpHeaders;
  /** What the upstream received instead of the client's own header. */
  readonly authorization: string | undefined;
  /** The request's body, where it is small. */
  readonly body: Buffer | undefined;
  readonly status: number;
  readonly milliseconds: number;
  /** The text of a refusal; empty where it is large or cannot be read. */
  readonly answer: string;
}

export type Observation =
  | RestObservation
  | RealtimeObservation
  | RequestObservation
  | GatewayObservation
  | StorageObservation
  | RedirectObservation
  | FunctionObservation
  | UpstreamObservation;

/** Realtime's connections now. */
export interface RealtimeState {
  readonly sockets: readonly {
    /** Version of the protocol, such as `2.0.0`. */
    readonly protocol: string;
    readonly channels: readonly {
      /** Without `realtime:`. */
      readonly topic: string;
      readonly isPrivate: boolean;
      readonly caller: DatabaseCaller;
      /** Seconds since 1970. */
      readonly expiresAt: number;
      /** Presence keys of the topic. */
      readonly presences: number;
      readonly subscriptions: readonly {
        readonly event: string;
        readonly schema: string;
        readonly table: string;
        readonly filter: string | undefined;
        /** Why Realtime refuses it. */
        readonly error: string | undefined;
      }[];
    }[];
  }[];
}

/** Answers a question about what was observed, with anything that JSON can carry. */
export type AnswerQuestion = (question: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;

export type ObservationListener = (observation: Observation) => void;

/**
 * What gateway and services report to those who explain it. Emitting is synchronous and never throws; without a listener
 * nothing is built.
 */
export class Observations {
  /** Messages of Realtime's sockets in this process. */
  readonly frames: Tap<ObservedFrame> = new Tap();
  /** What edge functions print in this process. */
  readonly output: Tap<ObservedOutput> = new Tap();
  readonly #listeners = new Set<ObservationListener>();
  #recorders = 0;
  #bodyRecorders = 0;
  #realtime: (() => RealtimeState) | undefined;
  #answer: AnswerQuestion | undefined;

  /** Whether anybody listens. */
  get isActive(): boolean {
    return this.#listeners.size > 0;
  }

  /** Whether somebody wants every answer, and not only refused and empty ones. */
  get isRecording(): boolean {
    return this.#recorders > 0;
  }

  /** @returns how to stop listening */
  listen(listener: ObservationListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Whether somebody wants the bodies of requests too. */
  get keepsBodies(): boolean {
    return this.#bodyRecorders > 0;
  }

  /** Asks for every answer, and for the bodies of requests where wanted, until the returned function is called. */
  record({ withBodies = false }: { withBodies?: boolean } = {}): () => void {
    let isOpen = true;
    const count = (change: 1 | -1): void => {
      this.#recorders += change;
      if (withBodies) this.#bodyRecorders += change;
    };
    count(1);
    return () => {
      if (isOpen) count(-1);
      isOpen = false;
    };
  }

  /** Realtime's connections; undefined while it does not run in this process. */
  realtime(): RealtimeState | undefined {
    return this.#realtime?.();
  }

  /** @returns how to take it back */
  exposeRealtime(read: () => RealtimeState): () => void {
    this.#realtime = read;
    return () => {
      if (this.#realtime === read) this.#realtime = undefined;
    };
  }

  /** Asks whoever keeps what was observed. @throws Error where nobody does */
  async ask(question: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (!this.#answer) throw new Error('this process keeps nothing of its requests');
    return this.#answer(question, args);
  }

  /** @returns how to take it back */
  answerQuestions(answer: AnswerQuestion): () => void {
    this.#answer = answer;
    return () => {
      if (this.#answer === answer) this.#answer = undefined;
    };
  }

  emit(observation: Observation): void {
    for (const listener of this.#listeners) {
      try {
        listener(observation);
      } catch {
        // Whoever explains must not disturb what it explains.
      }
    }
  }
}
