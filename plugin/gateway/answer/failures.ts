import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import { gatewayError, GATEWAY_ERRORS } from '../errors.ts';
import { MAX_HEADER_BYTES } from '../limits.ts';
import type { GatewayRefusal } from '../refusal.ts';

/**
 * The refusal for a failure between the gateway and an upstream, by the error code of the system, of undici or of the
 * HTTP parser.
 *
 * @param subject such as `rest at http://127.0.0.1:54321`
 */
export function describeFailure(subject: string, error: unknown): GatewayRefusal {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof UpstreamTimeout || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return gatewayError('UPSTREAM_TIMEOUT', { message: `${subject} did not answer in time` });
  }
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return gatewayError('UPSTREAM_TIMEOUT', {
      message: `${subject} cannot be reached: the connection timed out`,
      hint: GATEWAY_ERRORS.UPSTREAM_DOWN.hint,
    });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') {
    return gatewayError('UPSTREAM_RESET', { message: `${subject} closed the connection without an answer` });
  }
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return gatewayError('UPSTREAM_HEADERS', {
      message: `${subject} sent response headers of more than ${MAX_HEADER_BYTES / 1024} kB`,
    });
  }
  const isUnreadable = error instanceof Error && error.name === 'HTTPParserError';
  if (isUnreadable || code.startsWith('HPE_')) {
    return gatewayError('UPSTREAM_GARBAGE', { message: `${subject} sent something that is not HTTP` });
  }
  if (code.startsWith('ERR_HTTP') || code === 'ERR_INVALID_CHAR') {
    const message = `${subject} sent a response that cannot be passed on: ${errorMessage(error)}`;
    return gatewayError('UPSTREAM_INVALID', { message });
  }
  const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : errorMessage(error);
  return gatewayError('UPSTREAM_DOWN', { message: `${subject} cannot be reached: ${reason}` });
}

/** The refusal for requests while there is no backend: it failed to start. */
export function describeBackendFailure(error: unknown): GatewayRefusal {
  if (error instanceof BackendStopped) return STOPPING;
  const hint = error instanceof SupabaseDevError ? error.hint : undefined;
  return gatewayError('BACKEND_UNAVAILABLE', {
    message: `The backend did not start: ${errorMessage(error)}`,
    ...(hint !== undefined && { hint }),
  });
}

/** Why there is no target any more: the dev server stops, which is no failure. */
export class BackendStopped extends Error {
  override readonly name = 'BackendStopped';
}

const STOPPING = gatewayError('BACKEND_UNAVAILABLE', {
  message: 'The dev server is stopping',
  hint: 'Start it again.',
});

/** Raised by the gateway's own timers. */
export class UpstreamTimeout extends Error {
  override readonly name = 'UpstreamTimeout';
}
