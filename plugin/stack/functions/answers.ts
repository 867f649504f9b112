import type { ServerResponse } from 'node:http';
import type { Unauthorized } from './authorize.ts';

/** What the Supabase CLI's functions server answers itself, byte for byte (its main function). */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Which pages may read these, the gateway decides: a website must not find out what runs here. */
const CORS = {
  'access-control-allow-headers': 'authorization, x-client-info, apikey',
  'access-control-expose-headers': 'sb-error-code',
};

export const NOT_FOUND: Answer = {
  status: 404,
  headers: { ...CORS, 'content-type': 'text/plain' },
  body: 'Function not found',
};

/** Why a worker gave no answer. */
export type WorkerFailure = 'boot' | 'exit' | 'limit' | 'idle';

const FAILURES = {
  boot: json(503, 'BOOT_ERROR', 'Worker failed to boot (please check logs)'),
  exit: json(500, 'WORKER_ERROR', 'Function exited due to an error (please check logs)'),
  limit: json(546, 'WORKER_LIMIT', 'Worker failed to respond due to a resource limit (please check logs)'),
  // Of the hosted platform's gateway; the CLI's cuts such a request off with its own page.
  idle: json(504, 'IDLE_TIMEOUT', 'Request idle timeout limit (150s) reached'),
} satisfies Record<WorkerFailure, Answer>;

export function failureAnswer(failure: WorkerFailure): Answer {
  return FAILURES[failure];
}

export function unauthorizedAnswer({ code, message }: Unauthorized): Answer {
  return {
    status: 401,
    headers: { ...CORS, 'content-type': 'application/json', 'sb-error-code': code },
    body: JSON.stringify({ code, message, msg: message }),
  };
}

/** An answer with a code that this package documents (docs/errors.md), and what to do. */
export function ownAnswer(status: number, body: { code: string; message: string; hint?: string }): Answer {
  return { status, headers: { ...CORS, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Sends an answer, unless the response has begun or its client has gone. */
export function send(res: ServerResponse, { status, headers, body }: Answer): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

function json(status: number, code: string, message: string): Answer {
  return ownAnswer(status, { code, message });
}
