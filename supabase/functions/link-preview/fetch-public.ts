import { closeConnection, connectTo } from '../_shared/connect.ts';
import { HttpExchange } from '../_shared/http.ts';

/** What to accept of a server. */
export interface FetchLimits {
  /** The header Accept. */
  readonly accept: string;
  /** Which content types. */
  readonly types: RegExp;
  readonly maxBytes: number;
  /** Whether the first `maxBytes` of a longer body will do. */
  readonly mayCut: boolean;
}

export interface Fetched {
  /** After redirects. */
  readonly url: URL;
  readonly type: string;
  readonly bytes: Uint8Array;
}

const HEADERS = {
  'accept-encoding': 'identity',
  'user-agent': 'Mozilla/5.0 (compatible; OurChat-LinkPreview/1.0)',
};
const MAX_REDIRECTS = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches from a public website, of which each redirect leads to a public one too.
 *
 * @throws Error for whatever is not allowed, too large, too slow (`signal`) or not there
 */
export async function fetchPublic(start: URL, limits: FetchLimits, signal: AbortSignal): Promise<Fetched> {
  let url = start;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const connection = await connectTo(url, signal);
    try {
      const exchange = new HttpExchange(connection);
      const headers = { ...HEADERS, accept: limits.accept };
      const head = await exchange.request(url, { method: 'GET', headers });
      const location = head.headers.get('location');
      if (REDIRECTS.has(head.status) && location !== undefined) {
        url = new URL(location, url);
        continue;
      }
      const type = head.headers.get('content-type') ?? '';
      if (head.status !== 200) throw new Error(`status ${head.status}`);
      if (!limits.types.test(type)) throw new Error(`type ${type}`);
      if ((head.headers.get('content-encoding') ?? 'identity') !== 'identity') throw new Error('compressed');
      const bytes = await exchange.readBody(head, limits.mayCut ? limits.maxBytes : limits.maxBytes + 1);
      if (bytes.length > limits.maxBytes) throw new Error('too large');
      return { url, type, bytes };
    } finally {
      closeConnection(connection);
    }
  }
  throw new Error('too many redirects');
}
