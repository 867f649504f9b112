import type { GatewayError } from './answer/respond.ts';

export const HOST_NOT_ALLOWED: GatewayError = {
  code: 'HOST_NOT_ALLOWED',
  message: 'This host is not allowed',
  hint: 'Add the name to server.allowedHosts in vite.config (it guards against DNS rebinding).',
};

export const LOOP: GatewayError = {
  code: 'LOOP',
  message: 'The address of the backend leads back to this server',
  hint: 'Is SUPABASE_URL (or the option "url") the dev server’s own address? Leave it out, or name the backend.',
};

export const ORIGIN_NOT_ALLOWED: GatewayError = {
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'A page of this origin may not open a WebSocket here',
  hint: 'Pages of this machine, its network and of server.allowedHosts may; add the name there.',
};

export const NO_SUCH_PATH: GatewayError = {
  code: 'NO_SUCH_PATH',
  message: 'Realtime has no such path',
  hint: 'It serves /realtime/v1/websocket (WebSocket) and /realtime/v1/api/* (HTTP).',
};

export const WEBSOCKET_ONLY: GatewayError = {
  code: 'WEBSOCKET_ONLY',
  message: 'This path speaks WebSocket only',
  hint: 'Send an upgrade request; supabase-js does when a channel is subscribed.',
};

export const HTTP_ONLY: GatewayError = {
  code: 'HTTP_ONLY',
  message: 'This path cannot be upgraded',
  hint: 'Only /realtime/v1/websocket is a WebSocket; send an ordinary HTTP request here.',
};

export const NO_WEBSOCKET: GatewayError = {
  code: 'NO_WEBSOCKET',
  message: 'A WebSocket handshake is a GET request with "Upgrade: websocket"',
};

export const MAIL_IS_LOCAL: GatewayError = {
  code: 'MAIL_IS_LOCAL',
  message: 'The inbox is for this machine and this origin only',
  hint: 'Open it at http://localhost on the machine that runs the dev server.',
};

export function invalidPath(fault: string): GatewayError {
  return { code: 'INVALID_PATH', message: fault };
}

export function notServed(name: string): GatewayError {
  return {
    code: 'SERVICE_UNAVAILABLE',
    message: `This backend has no ${name} service`,
    hint: 'Choose another backend: the Supabase CLI’s stack (backend: "local") or a hosted project ("remote").',
  };
}
