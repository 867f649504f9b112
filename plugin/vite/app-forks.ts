import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Backend, BackendFork } from '../backend/backend.ts';
import { withUpstream } from '../backend/with-upstream.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';
import { SupabaseDevError, errorMessage } from '../shared/errors.ts';
import { openAppPort } from './app-port.ts';

export type AppForkOptions = Pick<GatewayOptions, 'requireKey' | 'logger'>;

const KEYS = ['publishableKey', 'secretKey', 'anonKey', 'serviceRoleKey', 'jwtSecret'] as const;

/**
 * The backend, with forks for test runners that drive the app in a browser: `POST /__supabase/forks` opens one at an origin
 * of its own, until the request is closed, however the runner ends; `POST /__supabase/forks/<id>/reset` starts it again.
 *
 * The gateway admits callers that may be admin; of these, no page of a browser, not even the app's own.
 */
export function withAppForks(backend: Backend, options: AppForkOptions): Backend {
  const forks = new AppForks(backend, options);
  return {
    ...withUpstream(backend, 'forks', { kind: 'handler', handle: (req, res) => forks.handle(req, res) }),
    async close() {
      await forks.close();
      await backend.close();
    },
  };
}

class AppForks {
  readonly #backend: Backend;
  readonly #options: AppForkOptions;
  readonly #open = new Map<string, { readonly fork: BackendFork; close(): Promise<void> }>();

  constructor(backend: Backend, options: AppForkOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const id = /^\/([\w-]+)\/reset$/.exec(req.url ?? '')?.[1];
    try {
      if (req.method !== 'POST') sendJson(res, 405, { message: 'Forks are opened with POST' });
      else if (isFromPage(req))
        sendJson(res, 403, { message: 'Forks are for test runners, and not for pages' });
      else if (id !== undefined) await this.#reset(res, id);
      else if (req.url === '/') await this.#openFork(req, res);
      else sendJson(res, 404, { message: 'There is no such path' });
    } catch (error) {
      if (res.headersSent) res.destroy();
      else sendJson(res, 503, describe(error));
    }
  }

  /** Ends all forks, and with them the requests of their runners. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((each) => each.close()));
  }

  async #openFork(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!this.#backend.fork) {
      sendJson(res, 501, {
        message: `Supabase runs elsewhere (backend "${this.#backend.kind}"), and only the embedded one has forks`,
        hint: 'Start the dev server for tests with the option backend: "embedded".',
      });
      return;
    }
    const fork = await this.#backend.fork();
    const target = await fork.target();
    const port = await openAppPort(serverOf(req), () => fork.target(), this.#options);
    const id = randomUUID();
    const close = async (): Promise<void> => {
      if (!this.#open.delete(id)) return;
      res.end();
      await port.close();
      await fork.close();
    };
    this.#open.set(id, { fork, close });
    res.on(
      'close',
      () => void close().catch((error: unknown) => this.#options.logger.warn(errorMessage(error))),
    );
    const keys = Object.fromEntries(KEYS.map((name) => [name, target.keys[name]]));
    const { url, dbUrl } = fork;
    res.writeHead(201, HEADERS);
    // The app and the fork answer at `origin`, the fork alone at `url`.
    res.write(`${JSON.stringify({ id, origin: port.origin, url, dbUrl, ...keys })}\n`);
    // The runner may have gone meanwhile.
    if (req.socket.destroyed) await close();
  }

  async #reset(res: ServerResponse, id: string): Promise<void> {
    const open = this.#open.get(id);
    if (!open) {
      sendJson(res, 404, { message: 'There is no such fork' });
      return;
    }
    await open.fork.reset();
    sendJson(res, 200, { dbUrl: open.fork.dbUrl });
  }
}

/** Browsers name the page, or at least that there is one, in every request that a script makes. */
function isFromPage({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

/** The server that the app is served by, whoever owns it. */
function serverOf({ socket }: IncomingMessage): Server {
  return (socket as unknown as { server: Server }).server;
}

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, HEADERS).end(`${JSON.stringify(value)}\n`);
}

function describe(error: unknown): { message: string; hint?: string; code?: string } {
  const { hint, code } = error instanceof SupabaseDevError ? error : {};
  return { message: errorMessage(error), hint, code };
}
