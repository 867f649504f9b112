import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { errors, type Dispatcher } from 'undici';
import { hasErrorCode } from '../../shared/errors.ts';
import { ALLOWED_ROLES_HEADER } from '../../shared/allowed-roles.ts';
import type { WorkerFailure } from './answers.ts';
import type { FunctionWorker, WorkerAddress } from './worker.ts';

/** For the connection to the gateway only, and what a function must not see. */
const NOT_PASSED_ON = new Set([
  'connection',
  'expect',
  'keep-alive',
  'sb-api-key',
  'transfer-encoding',
  'upgrade',
  ALLOWED_ROLES_HEADER,
]);

/** Of the connection between this process and the worker. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** The headers of a call, names and values alternating. */
export function callHeaders(req: IncomingMessage, address: WorkerAddress): string[] {
  const headers = [...address.headers];
  const raw = req.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    // The gateway writes an empty one where there is no credential.
    const isEmpty = value === '' && name.toLowerCase() === 'authorization';
    if (!isEmpty && !NOT_PASSED_ON.has(name.toLowerCase())) headers.push(name, value);
  }
  return headers;
}

/**
 * Passes a call to a worker and its answer to the client, streaming both ways; an abort on either side reaches the
 * other.
 *
 * @returns why the client has no answer yet, `unsent` if the worker was not reached; undefined when it has one, or has
 *   gone
 */
export async function call(
  req: IncomingMessage,
  res: ServerResponse,
  worker: FunctionWorker,
  address: WorkerAddress,
): Promise<WorkerFailure | 'unsent' | undefined> {
  const abort = new AbortController();
  const onClose = (): void => abort.abort();
  res.once('close', onClose);
  let answer: Dispatcher.ResponseData;
  try {
    answer = await worker.pool.request({
      path: req.url ?? '/',
      method: req.method ?? 'GET',
      headers: callHeaders(req, address),
      body: hasBody(req) ? req : null,
      signal: abort.signal,
    });
  } catch (error) {
    if (abort.signal.aborted) return undefined;
    if (UNREACHED.some((code) => hasErrorCode(error, code))) return 'unsent';
    return explain(error, worker);
  }
  try {
    begin(res, answer);
    await pipeline(answer.body, res);
  } catch {
    // What was cut off is never completed.
    answer.body.destroy();
    res.destroy();
  } finally {
    res.off('close', onClose);
  }
  return undefined;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
}

/** Headers go out at once: the first event of a stream may come much later. */
function begin(res: ServerResponse, { statusCode, headers }: Dispatcher.ResponseData): void {
  for (const [name, value] of Object.entries(headers as IncomingHttpHeaders)) {
    if (value !== undefined && !CONNECTION_HEADERS.has(name)) res.setHeader(name, value);
  }
  res.writeHead(statusCode);
  res.flushHeaders();
}

async function explain(error: unknown, worker: FunctionWorker): Promise<WorkerFailure> {
  if (error instanceof errors.HeadersTimeoutError) return 'idle';
  // The process has ended, or is about to: then its last messages say why.
  await worker.endedWithin(EXPLAIN_MS);
  return worker.hitLimit ? 'limit' : 'exit';
}

const EXPLAIN_MS = 1_000;

/** Codes of a connection that was not made. */
const UNREACHED = ['ECONNREFUSED', 'ENOENT'];
