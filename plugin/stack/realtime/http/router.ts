// supabase/realtime v2.129.8 lib/realtime_web/router.ex
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodePercent } from '../../http/percent.ts';
import { checkHandshake, requestUrl } from '../access/handshake.ts';
import type { Realtime } from '../server.ts';
import { broadcastBatch, broadcastSingle } from './broadcast.ts';
import { answerHealth } from './health.ts';
import { HttpError, sendJson, sendText } from './respond.ts';

const SINGLE = /^\/api\/broadcast\/([^/]+)\/events\/([^/]+)$/;
const HEALTH = /^\/api\/tenants\/([^/]+)\/health$/;

/** Answers a request to Realtime's HTTP API: the part that clients of a project use. */
export async function handleRequest(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    await route(realtime, req, res);
  } catch (error) {
    if (res.headersSent) throw error;
    if (error instanceof HttpError) {
      if (typeof error.body === 'string') sendText(res, error.status, error.body);
      else sendJson(res, error.status, error.body);
      return;
    }
    sendJson(res, 500, 'Internal Server Error');
    throw error;
  }
}

async function route(realtime: Realtime, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = requestUrl(req);
  if (!url) return sendText(res, 400, 'Bad Request');
  const method = req.method === 'HEAD' ? 'GET' : req.method;
  const path = `${method} ${url.pathname}`;
  if (path === 'POST /api/broadcast') return broadcastBatch(realtime, req, res);
  const [, topic, event] = (method === 'POST' && SINGLE.exec(url.pathname)) || [];
  if (topic !== undefined && event !== undefined) {
    const target = { topic: decode(topic), event: decode(event), isPrivate: isPrivate(url) };
    return broadcastSingle(realtime, req, res, target);
  }
  const [, tenant] = (method === 'GET' && HEALTH.exec(url.pathname)) || [];
  if (tenant !== undefined) return answerHealth(realtime, req, res, tenant);
  if (path === 'GET /api/ping') return sendJson(res, 200, { message: 'Success' });
  if (path === 'GET /healthcheck') return sendText(res, 200, 'ok');
  if (path === 'GET /socket/websocket') return refusePlainRequest(realtime, req, res);
  return sendText(res, 404, 'Not Found');
}

/** A request to the WebSocket path without an upgrade: the token is checked first, as in Realtime. */
async function refusePlainRequest(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const handshake = await checkHandshake(req, realtime.jwt);
  if ('status' in handshake) {
    res.writeHead(handshake.status, { 'content-type': handshake.contentType }).end(handshake.body);
    return;
  }
  const connection = JSON.stringify([req.headers.connection ?? '']);
  sendText(res, 400, `'connection' header must contain 'upgrade', got ${connection}`);
}

function isPrivate(url: URL): boolean {
  return url.searchParams.get('private') === 'true';
}

function decode(segment: string): string {
  const decoded = decodePercent(segment);
  if (decoded === undefined) throw new HttpError(400, 'Bad Request');
  return decoded;
}
