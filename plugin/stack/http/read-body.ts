import type { IncomingMessage } from 'node:http';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the whole body of a request, up to a limit.
 *
 * The rest of a larger body is discarded as it arrives: the caller can respond at once, and a client that is still
 * sending receives the response.
 *
 * @param limit largest body in bytes
 * @returns the body; `too-large` beyond `limit`; `aborted` when the client went away before its end
 */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer | 'too-large' | 'aborted'> {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  // HTTP/2 requests may have a body without either header.
  if (length === undefined && encoding === undefined && req.httpVersionMajor < 2)
    return Promise.resolve(EMPTY);
  // Its events came before anything could listen to them.
  if (req.destroyed) return Promise.resolve('aborted');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      req.off('data', collect);
      req.resume();
      resolve('too-large');
    };
    req.on('data', collect);
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    req.on('close', () => resolve('aborted'));
    req.on('error', () => resolve('aborted'));
  });
}
