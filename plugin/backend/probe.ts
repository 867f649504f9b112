import { randomBytes } from 'node:crypto';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { JWK } from 'jose';
import { joinPath } from '../gateway/target.ts';
import { connectOptions } from '../gateway/forward/pool.ts';
import { errorMessage } from '../shared/errors.ts';
import { isObject, parseJson } from '../shared/json.ts';

interface ProbeAnswer {
  readonly status: number;
  readonly json: unknown;
}

interface ProbeRequest {
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
}

const MAX_BODY_BYTES = 64 * 1024;

/** What a server answered to a probe, or why there is no usable answer. */
export type ProbeResult<T> = ({ ok: true } & T) | { ok: false; reason: string };

/**
 * Whether the API gateway of a Supabase answers at this URL. It must name its Auth service, because any program may use
 * the port.
 */
export async function probeApi(
  url: URL,
  apikey: string | undefined,
  timeout = 2_000,
): Promise<ProbeResult<{ jwks: readonly JWK[] | undefined }>> {
  const headers: Record<string, string> = apikey === undefined ? {} : { apikey };
  const ask = (path: string): Promise<ProbeAnswer> => probe({ url, path, headers, timeout });
  try {
    const [health, jwks] = await Promise.all([
      ask('/auth/v1/health'),
      ask('/auth/v1/.well-known/jwks.json').catch(() => undefined),
    ]);
    if (!isAuthHealth(health.json)) {
      return { ok: false, reason: `something that is not Supabase answers (status ${health.status})` };
    }
    return { ok: true, jwks: decodeJwks(jwks?.json) };
  } catch (error) {
    return { ok: false, reason: describeProbeError(error) };
  }
}

/** Whether a JWT is accepted there: a stack of another project with other secrets answers 401. */
export async function probeKey(url: URL, anonKey: string, timeout = 2_000): Promise<boolean> {
  const headers = { apikey: anonKey, authorization: `Bearer ${anonKey}` };
  try {
    const { status } = await probe({ url, path: '/auth/v1/settings', headers, timeout });
    if (status === 401 || status === 403) return false;
    const rest = await probe({
      url,
      path: '/rest/v1/',
      headers: { ...headers, accept: 'application/json' },
      timeout,
    });
    return rest.status !== 401 && rest.status !== 403;
  } catch {
    return false;
  }
}

/**
 * Whether an embedded stack of this package answers there: only those have an inbox at this path. A project finds its own
 * embedded stack by the data directory, not by a port.
 */
export async function probeEmbedded(url: URL, timeout = 2_000): Promise<boolean> {
  const answer = await probe({ url, path: '/__supabase/mail/api/v1/messages', headers: {}, timeout }).catch(
    () => undefined,
  );
  return answer?.status === 200 && isObject(answer.json) && 'messages' in answer.json;
}

/** The outcome of a WebSocket handshake; Realtime delays a rejection by 2 s. */
export type HandshakeResult = { status: number } | { error: string };

/** Performs a WebSocket handshake and closes the connection. */
export function probeHandshake(out: ProbeRequest): Promise<HandshakeResult> {
  return new Promise((resolve) => {
    const request = open(out, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    });
    request.once('upgrade', (response: IncomingMessage, socket) => {
      socket.on('error', () => {});
      socket.destroy();
      resolve({ status: response.statusCode ?? 101 });
    });
    request.once('response', (response: IncomingMessage) => {
      response.destroy();
      resolve({ status: response.statusCode ?? 0 });
    });
    request.on('error', (error) => resolve({ error: describeProbeError(error) }));
    request.end();
  });
}

/** Whether Realtime itself answers there, and not another Phoenix application, whose sockets look the same. */
export async function probeRealtimeHealth(
  url: URL,
  host: string,
  jwt: string,
  timeout: number,
): Promise<boolean> {
  const tenant = host.split('.', 1)[0] ?? host;
  const path = `/api/tenants/${tenant}/health`;
  try {
    const { json } = await probe({ url, path, headers: { host, authorization: `Bearer ${jwt}` }, timeout });
    const data = isObject(json) ? json.data : undefined;
    return isObject(data) && 'healthy' in data && 'connected_cluster' in data;
  } catch {
    return false;
  }
}

async function probe(out: ProbeRequest): Promise<ProbeAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    open(out, {}).once('response', resolve).on('error', reject).end();
  });
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) break;
  }
  return { status: response.statusCode ?? 0, json: parseJson(text) };
}

function open(out: ProbeRequest, headers: Readonly<Record<string, string>>): ReturnType<typeof requestHttp> {
  return (out.url.protocol === 'https:' ? requestHttps : requestHttp)({
    ...connectOptions(out.url),
    agent: false,
    path: joinPath(out.url.pathname, out.path),
    headers: { host: out.url.host, ...out.headers, ...headers },
    signal: AbortSignal.timeout(out.timeout),
  });
}

function isAuthHealth(json: unknown): boolean {
  return isObject(json) && json.name === 'GoTrue';
}

/** The keys of a JWKS document; undefined when it is not one. */
function decodeJwks(json: unknown): readonly JWK[] | undefined {
  if (!isObject(json) || !Array.isArray(json.keys)) return undefined;
  return json.keys.filter((key): key is JWK => isObject(key) && 'kty' in key);
}

function describeProbeError(error: unknown): string {
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'ECONNREFUSED') return 'nothing listens there';
    if (error.code === 'ABORT_ERR') return 'no answer in time';
  }
  return errorMessage(error);
}
