import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What the function `http` asks for. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly contentType: string | null;
  /** Base64. */
  readonly content: string | null;
  readonly userAgent: string;
  /** Setting `http.timeout_msec`. */
  readonly timeout: string | null;
  /** What `http_set_curlopt` has set, by name. */
  readonly options: Readonly<Record<string, string>>;
}

const CONNECT_TIMEOUT_MS = 1_000;

/** One request of a chain of redirects. */
export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer | undefined;
  readonly headers: HttpRequest['headers'];
}

/**
 * Sends one request and returns its response, whose content is still to come.
 *
 * @throws Error of Node, or after `CURLOPT_CONNECTTIMEOUT` (1 s)
 */
export async function send(hop: Hop, request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, method, body } = hop;
  const { options } = request;
  const connectTimeout =
    milliseconds(options.CURLOPT_CONNECTTIMEOUT_MS, options.CURLOPT_CONNECTTIMEOUT) ?? CONNECT_TIMEOUT_MS;
  const client = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method,
    agent: false,
    signal,
    auth: url.username === '' ? options.CURLOPT_USERPWD : undefined,
    rejectUnauthorized: options.CURLOPT_SSL_VERIFYPEER !== '0',
    ...(options.CURLOPT_SSL_VERIFYHOST === '0' && { checkServerIdentity: () => undefined }),
  });
  // An error that comes later than the response, or before anybody waits for one.
  client.on('error', () => {});
  try {
    for (const [name, value] of fieldsOf(hop, request)) client.appendHeader(name, value);
  } catch (error) {
    client.destroy();
    throw error;
  }
  const timer = setTimeout(() => {
    client.destroy(new Error(`Connection timed out after ${connectTimeout} milliseconds`));
  }, connectTimeout);
  client.once('socket', (socket) =>
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(timer)),
  );
  client.end(body);
  try {
    const [response] = (await once(client, 'response')) as [IncomingMessage];
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** The header fields of a request; the caller's take the place of libcurl's own. */
function fieldsOf(
  { headers, body }: Hop,
  { options, userAgent, contentType }: HttpRequest,
): [string, string][] {
  const own: [string, string][] = [
    ['User-Agent', options.CURLOPT_USERAGENT ?? userAgent],
    ['Accept', '*/*'],
    ['Accept-Encoding', 'deflate, gzip, br'],
    ['Charsets', 'utf-8'],
  ];
  const isReplaced = (name: string): boolean =>
    headers.some(([other]) => other.toLowerCase() === name.toLowerCase());
  const fields = own.filter(([name]) => !isReplaced(name));
  for (const [name, value] of headers) fields.push([name, value]);
  if (body && contentType !== null) fields.push(['Content-Type', contentType]);
  if (body) fields.push(['Content-Length', String(body.length)]);
  return fields;
}

/** An option in milliseconds or seconds; libcurl takes 0 as its default, undefined here. */
export function milliseconds(ms: string | undefined, seconds: string | undefined): number | undefined {
  return Number(ms) || Number(seconds) * 1000 || undefined;
}
