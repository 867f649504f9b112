import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { hasErrorCode } from '../../shared/errors.ts';
import { milliseconds, send, type Hop, type HttpRequest } from './http-hop.ts';
import { resolveUrl, type ApiPlace } from '../stack-url.ts';

/** The response, with the headers of those that redirected to it before its own. */
interface HttpResponse {
  readonly status: number;
  readonly contentType: string | null;
  readonly headers: readonly (readonly [string, string])[];
  /** Base64; null when empty. */
  readonly content: string | null;
}

const MAX_REDIRECTS = 5;
const MAX_CONTENT_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * Makes a request as libcurl does for pramsey/pgsql-http: redirects are followed (except of HEAD), contents decompressed.
 *
 * @throws Error with libcurl's message
 */
export async function performRequest(
  request: HttpRequest,
  api: ApiPlace,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const started = Date.now();
  const { options } = request;
  const timeout =
    milliseconds(options.CURLOPT_TIMEOUT_MS, options.CURLOPT_TIMEOUT) ??
    (Number(request.timeout) || TIMEOUT_MS);
  const deadline = AbortSignal.timeout(timeout);
  const progress = { bytes: 0 };
  const headers: [string, string][] = [];
  let hop: Hop = {
    method: request.method,
    url: readUrl(/^[a-z][a-z\d+.-]*:\/\//i.test(request.uri) ? request.uri : `http://${request.uri}`),
    body: request.content === null ? undefined : Buffer.from(request.content, 'base64'),
    headers: request.headers,
  };
  try {
    for (let redirects = 0; ; redirects += 1) {
      if (redirects > MAX_REDIRECTS) throw new Error(`Maximum (${MAX_REDIRECTS}) redirects followed`);
      const target = { ...hop, url: readUrl(resolveUrl(hop.url.href, api)) };
      const response = await send(target, request, AbortSignal.any([deadline, signal]));
      headers.push(...pairs(response.rawHeaders));
      const next = hop.method === 'HEAD' ? undefined : redirect(hop, response);
      const content = await readContent(response, progress);
      if (next) hop = next;
      else
        return {
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? null,
          headers,
          content: content.length === 0 ? null : content.toString('base64'),
        };
    }
  } catch (error) {
    if (!deadline.aborted) throw curlError(error, hop.url);
    const after = Date.now() - started;
    throw new Error(`Operation timed out after ${after} milliseconds with ${progress.bytes} bytes received`, {
      cause: error,
    });
  }
}

/** The request that a redirect asks for, with libcurl's changes of the method; undefined for any other response. */
function redirect(hop: Hop, { statusCode = 0, headers }: IncomingMessage): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  const url = readUrl(headers.location, hop.url);
  const becomesGet =
    (statusCode === 303 && hop.method !== 'DELETE') || (statusCode < 303 && hop.method === 'POST');
  const isSameOrigin = url.origin === hop.url.origin;
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    body: becomesGet ? undefined : hop.body,
    headers: hop.headers.filter(([name]) => isSameOrigin || !/^(authorization|cookie)$/i.test(name)),
  };
}

const DECODERS = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

async function readContent(response: IncomingMessage, progress: { bytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    progress.bytes += (chunk as Buffer).length;
    if (progress.bytes > MAX_CONTENT_BYTES) throw new Error('Maximum file size exceeded');
  }
  const content = Buffer.concat(chunks);
  const decode = DECODERS.get(response.headers['content-encoding'] ?? '');
  return decode && content.length > 0 ? decode(content, { maxOutputLength: MAX_CONTENT_BYTES }) : content;
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    result.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return result;
}

function readUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new Error('URL rejected: Malformed input to a URL function');
  const url = new URL(text, base);
  if (/^https?:$/.test(url.protocol)) return url;
  throw new Error(`Protocol "${url.protocol.slice(0, -1)}" not supported`);
}

function curlError(error: unknown, url: URL): unknown {
  const port = url.port || (url.protocol === 'https:' ? 443 : 80);
  if (hasErrorCode(error, 'ECONNREFUSED'))
    return new Error(
      `Failed to connect to ${url.hostname} port ${port} after 0 ms: Could not connect to server`,
    );
  if (hasErrorCode(error, 'ENOTFOUND') || hasErrorCode(error, 'EAI_AGAIN'))
    return new Error(`Could not resolve host: ${url.hostname}`);
  if (hasErrorCode(error, 'ECONNRESET')) return new Error('Empty reply from server');
  return error;
}
