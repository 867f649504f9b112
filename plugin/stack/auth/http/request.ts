import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { readBody } from '../../http/read-body.ts';
import { AuthError } from '../errors.ts';
import { parseParams, type Fields, type Params, type Shape } from './go-json.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** A request with its body. */
export interface AuthRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Address of the client, from the first X-Forwarded-For entry or the socket. */
  readonly ip: string;
  readonly userAgent: string;
  /** Origin that the client used, such as `http://localhost:3002`; undefined if the gateway did not name it. */
  readonly origin: string | undefined;
  readonly body: RequestBody;
}

/** The body; without text when it was too large. */
export interface RequestBody {
  readonly text: string;
  readonly isForm: boolean;
  readonly tooLarge: boolean;
}

/** Reads a request with its body (1 MiB at most); undefined when the client went away before its end. */
export async function readRequest(req: IncomingMessage): Promise<AuthRequest | undefined> {
  const body = await readBody(req, MAX_BODY_BYTES);
  if (body === 'aborted') return undefined;
  const url = req.url ?? '/';
  const [path = '/', search = ''] = url.split('?', 2);
  return {
    method: req.method ?? 'GET',
    path,
    url,
    query: new URLSearchParams(search),
    headers: req.headers,
    ip: clientAddress(req),
    userAgent: req.headers['user-agent'] ?? '',
    origin: clientOrigin(req.headers),
    body: {
      text: body === 'too-large' ? '' : body.toString(),
      isForm: /^application\/x-www-form-urlencoded\b/i.test(req.headers['content-type'] ?? ''),
      tooLarge: body === 'too-large',
    },
  };
}

/**
 * The body as parameters of this shape.
 *
 * @throws AuthError 400 bad_json, 413 request_entity_too_large
 */
export function readParams<F extends Fields>(req: AuthRequest, shape: Shape<F>): Params<F> {
  return parseParams(readText(req), shape);
}

/** The body's text. @throws AuthError 413 */
export function readText(req: AuthRequest): string {
  if (req.body.tooLarge) {
    throw new AuthError(
      413,
      'request_entity_too_large',
      `Request body too large (max ${MAX_BODY_BYTES} bytes)`,
    );
  }
  return req.body.text;
}

/**
 * A value of a form in the body, or else of the query, and the request without the form: GoTrue reads a form from the
 * body's stream, which leaves nothing for JSON.
 */
export function takeFormValue(req: AuthRequest, name: string): { value: string; rest: AuthRequest } {
  const { body, query } = req;
  if (!body.isForm) return { value: query.get(name) ?? '', rest: req };
  const value = new URLSearchParams(body.text).get(name) ?? query.get(name) ?? '';
  return { value, rest: { ...req, body: { ...body, text: '' } } };
}

/** Header `X-Supabase-Api-Version`, which chooses the format of errors. */
export function apiVersion(req: AuthRequest): string | undefined {
  const version = req.headers['x-supabase-api-version'];
  return typeof version === 'string' ? version : undefined;
}

function clientAddress(req: IncomingMessage): string {
  const forwarded = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const first = forwarded.map((entry) => entry.trim()).find((entry) => isIP(entry) !== 0);
  const address = first ?? req.socket.remoteAddress ?? '127.0.0.1';
  // The type inet has no zone (`fe80::1%eth0`).
  return (address.startsWith('::ffff:') ? address.slice(7) : address).replace(/%.*$/s, '');
}

const HOST = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function clientOrigin(headers: IncomingHttpHeaders): string | undefined {
  const host =
    String(headers['x-forwarded-host'] ?? '')
      .split(',')[0]
      ?.trim() ?? '';
  if (!HOST.test(host)) return undefined;
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  const port = String(headers['x-forwarded-port'] ?? '');
  const hasPort = /:\d+$/.test(host);
  const authority = hasPort || !/^\d{1,5}$/.test(port) ? host : `${host}:${port}`;
  return new URL(`${scheme}://${authority}`).origin;
}
