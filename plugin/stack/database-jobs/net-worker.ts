import type pg from 'pg';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { resolveUrl, type ApiPlace } from '../stack-url.ts';

interface NetRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: Buffer | null;
  readonly timeout: number;
}

interface NetResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string | null;
  readonly content?: string;
  readonly timedOut?: boolean;
  readonly error?: string;
}

/** pg_net.batch_size and pg_net.ttl, with pg_net's defaults. */
const BATCH_SIZE = 200;
const TTL = '6 hours';

/**
 * Sends the requests of `net.http_request_queue` and stores the responses, as supabase/pg_net's background worker does:
 * each request is taken out of the queue first, so it is sent at most once.
 */
export class NetWorker {
  readonly #admin: pg.Pool;
  readonly #api: ApiPlace;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  #working: Promise<void> | undefined;
  #hasMore = false;

  /** @param admin connections as the superuser; the caller ends them */
  constructor(admin: pg.Pool, api: ApiPlace, logger: Logger) {
    this.#admin = admin;
    this.#api = api;
    this.#logger = logger;
  }

  /** Sends what is in the queue. */
  wake(): void {
    this.#hasMore = true;
    this.#working ??= this.#work()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#logger.warn(`pg_net: ${errorMessage(error)}`);
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#hasMore && !this.#closing.signal.aborted) this.wake();
      });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    this.#hasMore = false;
    await this.#admin.query(
      `delete from net._http_response where created < clock_timestamp() - interval '${TTL}'`,
    );
    for (;;) {
      const { rows } = await this.#admin.query<NetRequest>(
        `delete from net.http_request_queue
         where id in (select id from net.http_request_queue order by id limit ${BATCH_SIZE})
         returning id, method, url, headers, body, timeout_milliseconds as timeout`,
      );
      if (rows.length === 0) return;
      await Promise.all(rows.map(async (request) => this.#store(request.id, await this.#send(request))));
    }
  }

  async #send({ method, url, headers, body, timeout }: NetRequest): Promise<NetResponse> {
    const deadline = AbortSignal.timeout(Math.max(1, timeout));
    try {
      const response = await fetch(resolveUrl(url, this.#api), {
        method,
        headers: { 'user-agent': 'pg_net/0.19.5', ...headers },
        body: method === 'GET' ? undefined : (body ?? undefined),
        signal: AbortSignal.any([deadline, this.#closing.signal]),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        contentType: response.headers.get('content-type'),
        // PostgreSQL has no text with NUL.
        content: (await response.text()).replaceAll('\0', ''),
        timedOut: false,
      };
    } catch (error) {
      if (deadline.aborted) return { timedOut: true, error: `Timeout of ${timeout} ms reached.` };
      return { error: reasonOf(error) };
    }
  }

  async #store(id: string, response: NetResponse): Promise<void> {
    const { status, headers, contentType, content, timedOut, error } = response;
    await this.#admin.query(
      `insert into net._http_response (id, status_code, content_type, headers, content, timed_out, error_msg, created)
       values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())`,
      [id, status, contentType, headers ? JSON.stringify(headers) : null, content, timedOut, error],
    );
  }
}

/** The reason of a failed request in libcurl's words, where it has some. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  if (code === 'ECONNREFUSED') return "Couldn't connect to server";
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return "Couldn't resolve host name";
  return errorMessage(cause);
}
