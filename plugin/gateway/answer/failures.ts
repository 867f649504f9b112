import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import type { GatewayError } from './respond.ts';

/** A failure of an upstream: the status for the client, the JSON body, and the words for the terminal. */
export interface Failure {
  readonly status: 502 | 503 | 504;
  readonly body: GatewayError;
}

/** What went wrong between the gateway and an upstream, judged by the system's, undici's or parser's error code. */
export function describeFailure(subject: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof UpstreamTimeout || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return failure(504, 'UPSTREAM_TIMEOUT', `${subject} did not answer in time`, TIMEOUT_HINT);
  }
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return failure(
      504,
      'UPSTREAM_TIMEOUT',
      `${subject} cannot be reached: the connection timed out`,
      DOWN_HINT,
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') {
    return failure(502, 'UPSTREAM_RESET', `${subject} closed the connection without an answer`, RESET_HINT);
  }
  const isUnreadable = error instanceof Error && error.name === 'HTTPParserError';
  if (isUnreadable || code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failure(502, 'UPSTREAM_GARBAGE', `${subject} answered something that is not HTTP`, GARBAGE_HINT);
  }
  const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : errorMessage(error);
  return failure(502, 'UPSTREAM_DOWN', `${subject} cannot be reached: ${reason}`, DOWN_HINT);
}

/** Why there is no backend to send to: it failed to start. */
export function describeBackendFailure(error: unknown): Failure {
  const hint = error instanceof SupabaseDevError ? error.hint : undefined;
  return failure(
    503,
    'BACKEND_UNAVAILABLE',
    `The backend did not start: ${errorMessage(error)}`,
    hint ?? DOWN_HINT,
  );
}

/** Raised by the gateway's own clocks. */
export class UpstreamTimeout extends Error {
  override readonly name = 'UpstreamTimeout';
}

function failure(status: Failure['status'], code: string, message: string, hint: string): Failure {
  return { status, body: { code, message, hint } };
}

const DOWN_HINT = 'Is the backend running? The terminal of the dev server says which one was chosen and why.';
const RESET_HINT = 'It may be restarting, or have crashed on this request; its own log says more.';
const TIMEOUT_HINT = 'It accepted the connection but stays silent; a restart of the backend may help.';
const GARBAGE_HINT = 'Another program may use this port; check the address of the backend.';
