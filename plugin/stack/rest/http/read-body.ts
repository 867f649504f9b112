import type { IncomingMessage } from 'node:http';
import { RestError } from '../rest-error.ts';

/** Largest request body in bytes. */
const MAX_BODY_BYTES: number = 50 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);

/** Reads the body whole. @throws RestError 413 when it is too large; undefined when the client went away. */
export function readBody(req: IncomingMessage, limit: number = MAX_BODY_BYTES): Promise<Buffer | undefined> {
  if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined)
    return Promise.resolve(EMPTY);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        req.removeAllListeners('data');
        req.resume();
        reject(
          new RestError(413, { code: '413', message: `Request body larger than ${limit} bytes` }, [
            ['Connection', 'close'],
          ]),
        );
      } else chunks.push(chunk);
    });
    req.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    req.on('close', () => resolve(undefined));
    req.on('error', () => resolve(undefined));
  });
}
