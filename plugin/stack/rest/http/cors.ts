import type { IncomingHttpHeaders } from 'node:http';
import { addMissingHeaders, type Header, type HttpAnswer } from '../respond/answer.ts';

const EXPOSED =
  'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit';
const METHODS = 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD';
const MAX_AGE_SECONDS = 86_400;

/** Who may read answers; undefined when the request is not from a page, or from one of a foreign origin. */
function allowedOrigin(
  headers: IncomingHttpHeaders,
  origins: readonly string[] | undefined,
): Header[] | undefined {
  const { origin } = headers;
  if (origin === undefined) return undefined;
  if (origins === undefined) return [];
  if (origins.length === 0) return [['Access-Control-Allow-Origin', '*']];
  if (!origins.includes(origin)) return undefined;
  return [
    ['Access-Control-Allow-Origin', origin],
    ['Access-Control-Allow-Credentials', 'true'],
  ];
}

/** The answer to a preflight request, or undefined when it is none. */
export function answerPreflight(
  method: string,
  headers: IncomingHttpHeaders,
  origins: readonly string[] | undefined,
): HttpAnswer | undefined {
  if (origins === undefined) return undefined;
  const allowed = allowedOrigin(headers, origins);
  if (!allowed || method !== 'OPTIONS' || headers['access-control-request-method'] === undefined)
    return undefined;
  const requested = headers['access-control-request-headers'] ?? '';
  const names = requested.split(',').map((name) => name.trim());
  const accepted = ['Authorization', ...names, 'Accept', 'Accept-Language', 'Content-Language'];
  return {
    status: 200,
    headers: [
      ...allowed,
      ['Access-Control-Allow-Methods', METHODS],
      ['Access-Control-Allow-Headers', accepted.filter((name) => name !== '').join(', ')],
      ['Access-Control-Max-Age', String(MAX_AGE_SECONDS)],
    ],
    body: '',
  };
}

/** Lets a page of another origin read the answer and the headers that clients need, such as `Content-Range`. */
export function withCors(
  answer: HttpAnswer,
  headers: IncomingHttpHeaders,
  origins: readonly string[] | undefined,
): HttpAnswer {
  const allowed = allowedOrigin(headers, origins);
  if (!allowed) return answer;
  const added: Header[] = [...allowed, ['Access-Control-Expose-Headers', EXPOSED]];
  const own = answer.headers.filter(
    ([name]) => origins !== undefined || name !== 'Access-Control-Allow-Origin',
  );
  return { ...answer, headers: addMissingHeaders(added, own) };
}
