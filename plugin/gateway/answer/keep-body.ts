import type { GatewayRequest } from '../caller/caller.ts';

/** Largest body that is kept, in bytes. */
const MAX_KEPT = 64 * 1024;

/**
 * Keeps the body of a request while a service reads it. It is called before the first byte arrives.
 *
 * @returns reads what has been kept: undefined when the body is larger, or has not arrived whole
 */
export function keepBody(req: GatewayRequest): () => Buffer | undefined {
  const chunks: Buffer[] = [];
  let size = 0;
  let isWhole = false;
  // By pushing, parsers hand the body to the stream, however it is read then.
  const push = req.push.bind(req);
  req.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    if (chunk === null) isWhole = true;
    else {
      size += chunk.length;
      if (size <= MAX_KEPT) chunks.push(Buffer.from(chunk));
      else chunks.length = 0;
    }
    return push(chunk, encoding);
  };
  return () => (isWhole && size <= MAX_KEPT ? Buffer.concat(chunks) : undefined);
}
