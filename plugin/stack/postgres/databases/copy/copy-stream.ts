// https://www.postgresql.org/docs/17/protocol-flow.html#PROTOCOL-COPY
import { once } from 'node:events';
import type { Duplex, Writable } from 'node:stream';
import type pg from 'pg';

/** The members of pg's connection that COPY needs and the type declarations omit. */
interface CopyConnection {
  readonly stream: Duplex;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

interface Outcome {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A query of pg's own kind: the client calls these methods for the messages of the server. */
abstract class CopyQuery {
  readonly #text: string;
  readonly #outcome: Outcome;

  constructor(text: string, outcome: Outcome) {
    this.#text = text;
    this.#outcome = outcome;
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#text);
  }

  /** The last call of a query that fails. */
  handleError(error: unknown): void {
    this.#outcome.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#outcome.resolve();
  }
}

class CopyOut extends CopyQuery {
  readonly #onChunk: (chunk: Buffer) => void;

  constructor(text: string, onChunk: (chunk: Buffer) => void, outcome: Outcome) {
    super(text, outcome);
    this.#onChunk = onChunk;
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.#onChunk(chunk);
  }
}

class CopyIn extends CopyQuery {
  readonly #onReady: (connection: CopyConnection) => void;

  constructor(text: string, onReady: (connection: CopyConnection) => void, outcome: Outcome) {
    super(text, outcome);
    this.#onReady = onReady;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#onReady(connection);
  }
}

/**
 * Copies rows from one database to another one, without holding more than a little of them in memory.
 *
 * @param read `copy … to stdout`, run on `source`
 * @param write `copy … from stdin`, run on `target`
 * @throws DatabaseError of either
 */
export async function copyRows(
  source: pg.Client,
  read: string,
  target: pg.Client,
  write: string,
): Promise<void> {
  const from = streamOf(source);
  let outcome!: Outcome;
  let reading: Promise<unknown> = Promise.resolve();
  const writing = new Promise<void>((resolve, reject) => {
    outcome = { resolve, reject };
  });
  const start = (connection: CopyConnection): void => {
    reading = run(source, (done) => {
      const onChunk = (chunk: Buffer): void => {
        if (connection.stream.destroyed) return;
        connection.sendCopyFromChunk(chunk);
        if (connection.stream.writableNeedDrain && !from.isPaused()) {
          from.pause();
          connection.stream.once('drain', () => from.resume());
        }
      };
      return new CopyOut(read, onChunk, done);
    }).then(
      () => connection.endCopyFrom(),
      (error: unknown) => connection.sendCopyFail(String(error)),
    );
  };
  submit(target, new CopyIn(write, start, outcome));
  try {
    await writing;
  } finally {
    // An error of the target comes while the source still sends, which has to end before its next query.
    from.resume();
    await reading;
  }
}

/** Writes the rows of a `copy … to stdout` to a stream, at its pace. @throws DatabaseError */
export async function writeRows(source: pg.Client, read: string, to: Writable): Promise<void> {
  const from = streamOf(source);
  await run(source, (done) => {
    const onChunk = (chunk: Buffer): void => {
      // pg uses the memory of a message again, and a stream may wait.
      if (to.write(Buffer.from(chunk)) || from.isPaused()) return;
      from.pause();
      to.once('drain', () => from.resume());
    };
    return new CopyOut(read, onChunk, done);
  });
}

const CHUNK = 64 * 1024;

/** Sends text as the rows of a `copy … from stdin`. @throws DatabaseError */
export async function sendRows(target: pg.Client, write: string, rows: string): Promise<void> {
  await run(target, (done) => {
    const send = async (connection: CopyConnection): Promise<void> => {
      for (let at = 0; at < rows.length && !connection.stream.destroyed;) {
        const end = endOfCharacter(rows, at + CHUNK);
        connection.sendCopyFromChunk(Buffer.from(rows.slice(at, end)));
        at = end;
        if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
      }
      connection.endCopyFrom();
    };
    return new CopyIn(write, (connection) => void send(connection).catch(done.reject), done);
  });
}

/** The two halves of a character beyond U+FFFF stay together. */
function endOfCharacter(text: string, at: number): number {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff ? at + 1 : at;
}

function run(client: pg.Client, create: (done: Outcome) => CopyQuery): Promise<void> {
  return new Promise((resolve, reject) => submit(client, create({ resolve, reject })));
}

function submit(client: pg.Client, query: CopyQuery): void {
  client.query(query as unknown as pg.Submittable);
}

function streamOf(client: pg.Client): Duplex {
  return (client.connection as unknown as CopyConnection).stream;
}
