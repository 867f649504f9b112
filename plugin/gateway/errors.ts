import type { GatewayRefusal } from './refusal.ts';

interface ErrorDefinition {
  readonly status: number;
  readonly message: string;
  readonly hint?: string;
}

const BACKEND_HINT =
  'Is the backend running? The terminal of the dev server shows which one was chosen and why.';

/**
 * Every error that the gateway itself answers with, by code. docs/errors.md has a row with the status for each;
 * test/unit/errors.test.ts compares the two.
 */
export const GATEWAY_ERRORS = {
  BACKEND_UNAVAILABLE: { status: 503, message: 'The backend did not start', hint: BACKEND_HINT },
  CREDENTIAL_UNREADABLE: {
    status: 401,
    message: 'This credential is neither a known API key nor a readable JWT',
    hint: 'Send the publishable key, or the access token of a signed-in user as "Authorization: Bearer <token>".',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    message: 'The headers of the request are too large',
    hint: 'Browsers send the cookies of all projects on this host: delete those of old ones, or put long filters into a function.',
  },
  HOST_NOT_ALLOWED: {
    status: 403,
    message: 'This host is not allowed',
    hint: 'Add the name to server.allowedHosts in vite.config (the list protects against DNS rebinding).',
  },
  HTTP_ONLY: {
    status: 400,
    message: 'This path cannot be upgraded',
    hint: 'Only /realtime/v1/websocket and edge functions have WebSockets; send an ordinary HTTP request here.',
  },
  INVALID_PATH: { status: 400, message: 'The request target is not valid' },
  KEYS_ARE_PUBLIC: {
    status: 403,
    message: 'This stack has the keys that every local Supabase has, and answers its own machine only',
    hint: 'Start Vite with --host (or set server.host): then the stack has random keys.',
  },
  LOCAL_ONLY: {
    status: 403,
    message: 'This page is for the machine that runs the dev server, and for its own origin',
    hint: 'Open it at http://localhost on that machine.',
  },
  LOOP: {
    status: 508,
    message: 'The address of the backend leads back to this server',
    hint: 'Is SUPABASE_URL (or the option "url") the dev server’s own address? Remove it, or set the URL of the backend.',
  },
  NO_SUCH_PATH: {
    status: 404,
    message: 'Realtime has no such path',
    hint: 'It serves /realtime/v1/websocket (WebSocket) and /realtime/v1/api/* (HTTP).',
  },
  NO_WEBSOCKET: {
    status: 400,
    message: 'A WebSocket handshake must be a GET request with "Upgrade: websocket"',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    message: 'Pages of this origin may not open a WebSocket here',
    hint: 'Pages of this machine, of its network and of server.allowedHosts may; add the name there.',
  },
  SIGNATURE_REFUSED: {
    status: 401,
    message: 'S3 requests need a user’s session token here',
    hint: 'The S3 keys are for programs on this machine; pages and other machines sign with a session token.',
  },
  SECRET_FROM_NETWORK: {
    status: 401,
    message: 'Secret and service_role keys are accepted from this machine only',
    hint: 'Call http://localhost from a program on the same machine, or use the publishable key and a signed-in user.',
  },
  SERVICE_FAILED: { status: 500, message: 'The service failed' },
  SERVICE_UNAVAILABLE: {
    status: 501,
    message: 'This backend does not have the service',
    hint: 'Choose another backend: the Supabase CLI’s stack (backend: "local") or a hosted project ("remote").',
  },
  UPSTREAM_DOWN: { status: 502, message: 'The service cannot be reached', hint: BACKEND_HINT },
  UPSTREAM_GARBAGE: {
    status: 502,
    message: 'The service sent something that is not HTTP',
    hint: 'Another program may be using this port; check the address of the backend.',
  },
  UPSTREAM_HEADERS: {
    status: 502,
    message: 'The service sent response headers that are too large',
    hint: 'PostgREST repeats the query in Content-Location: send fewer values in one filter, or call a function.',
  },
  UPSTREAM_INVALID: { status: 502, message: 'The service sent a response that cannot be passed on' },
  UPSTREAM_RESET: {
    status: 502,
    message: 'The service closed the connection without an answer',
    hint: 'It may be restarting, or may have crashed on this request; its own log has more.',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    message: 'The service did not answer in time',
    hint: 'It accepted the connection but sends nothing; a restart of the backend may help.',
  },
  WEBSOCKET_ONLY: {
    status: 426,
    message: 'This path accepts WebSockets only',
    hint: 'Send an upgrade request; supabase-js does so when a channel is subscribed.',
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** The refusal for a code; `message` and `hint` replace those of the table where the case is known more exactly. */
export function gatewayError(
  code: GatewayErrorCode,
  details: { message?: string; hint?: string } = {},
): GatewayRefusal {
  const definition: ErrorDefinition = GATEWAY_ERRORS[code];
  const { message = definition.message, hint = definition.hint } = details;
  return { status: definition.status, body: { code, message, ...(hint !== undefined && { hint }) } };
}

/** The refusal for a service that the backend does not have, such as `functions`. */
export function serviceUnavailable(name: string): GatewayRefusal {
  return gatewayError('SERVICE_UNAVAILABLE', { message: `This backend has no ${name} service` });
}
