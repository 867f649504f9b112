import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { draftClaim, draftShortClaim, publishClaim, removeClaim, type Claim } from './claim-folder.ts';
import type { StackRecord } from './record.ts';
import { answerRequest, type RequestHandler } from './request.ts';

/** This process owns the data directory. */
export interface Ownership {
  readonly kind: 'owner';
  /** Sends the record to waiting and future joiners, and answers their requests. */
  announce(record: StackRecord, handle?: RequestHandler): void;
  release(): Promise<void>;
}

/** The line that a client sends first. It shows that the client has read the claim, and does not give the secret away. */
export function greeting(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * A published claim of this process. A client of its socket gets the secret, which proves that this is the process that
 * made the claim, then one line when it owns the data directory, and one with the record when its stack has started.
 */
export class Candidate {
  readonly #folder: string;
  readonly #claim: Claim;
  readonly #server: Server;
  readonly #connections: Set<Socket>;
  readonly #clients: Set<Socket>;
  readonly #lines: string[];
  readonly #requests: Listening['requests'];

  private constructor(folder: string, claim: Claim, listening: Listening) {
    this.#folder = folder;
    this.#claim = claim;
    this.#server = listening.server;
    this.#connections = listening.connections;
    this.#clients = listening.clients;
    this.#lines = listening.lines;
    this.#requests = listening.requests;
  }

  /** @throws SupabaseDevError DATA_DIR_UNWRITABLE */
  static async publish(folder: string): Promise<Candidate> {
    const { claim, ...listening } = await listenSomewhere(folder);
    const candidate = new Candidate(folder, claim, listening);
    await publishClaim(folder, claim).catch(async (error: unknown) => {
      await candidate.withdraw();
      throw error;
    });
    return candidate;
  }

  get id(): string {
    return this.#claim.id;
  }

  /** Becomes the owner. */
  confirm(): Ownership {
    this.#send('owner');
    return {
      kind: 'owner',
      announce: (record, handle) => {
        this.#requests.handle = handle;
        this.#send(JSON.stringify(record));
      },
      release: () => this.withdraw(),
    };
  }

  /** Takes the claim back; clients see the end of their connections. */
  async withdraw(): Promise<void> {
    await removeClaim(this.#folder, this.#claim);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #send(line: string): void {
    this.#lines.push(line);
    for (const client of this.#clients) client.write(`${line}\n`);
  }
}

interface Listening {
  readonly server: Server;
  readonly connections: Set<Socket>;
  /** Those of them that have sent the greeting. */
  readonly clients: Set<Socket>;
  /** What every client gets, also a later one. */
  readonly lines: string[];
  readonly requests: { handle: RequestHandler | undefined };
}

// A request is a short line.
const MAX_REQUEST_BYTES = 64 * 1024;

async function listenSomewhere(folder: string): Promise<Listening & { claim: Claim }> {
  const near = await draftClaim(folder);
  if (near) {
    const listening = await listen(near).catch(() => undefined);
    if (listening) return { claim: near, ...listening };
  }
  const claim = await draftShortClaim();
  return { claim, ...(await listen(claim)) };
}

function listen({ socket, secret }: Claim): Promise<Listening> {
  const connections = new Set<Socket>();
  const clients = new Set<Socket>();
  const lines = [secret];
  const requests: Listening['requests'] = { handle: undefined };
  const expected = Buffer.from(`${greeting(secret)}\n`);
  const server = createServer((client) => {
    connections.add(client);
    let received = Buffer.alloc(0);
    client.on('error', () => {});
    client.on('close', () => {
      connections.delete(client);
      clients.delete(client);
    });
    client.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (clients.has(client)) {
        for (let end = received.indexOf(10); end >= 0; end = received.indexOf(10)) {
          const line = received.subarray(0, end).toString();
          received = received.subarray(end + 1);
          void answerRequest(line, requests.handle).then((answer) => client.write(`${answer}\n`));
        }
        if (received.length > MAX_REQUEST_BYTES) client.destroy();
        return;
      }
      if (received.length < expected.length) return;
      if (received.length > expected.length || !timingSafeEqual(received, expected)) {
        client.destroy();
        return;
      }
      received = Buffer.alloc(0);
      clients.add(client);
      for (const line of lines) client.write(`${line}\n`);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: socket, exclusive: true }, () => {
      server.unref();
      resolve({ server, connections, clients, lines, requests });
    });
  });
}
