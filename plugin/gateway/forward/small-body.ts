import type { GatewayRequest } from '../caller/caller.ts';

/** Bytes of a body that may be held in memory. Requests of supabase-js have some hundreds. */
const SMALL_BODY = 64 * 1024;

/**
 * Reads a body whose Content-Length is small.
 *
 * @param onEnd receives the whole body; not called when the client aborts
 * @returns false for a large body or one of unknown length, which is not read
 */
export function readSmallBody(req: GatewayRequest, onEnd: (body: Buffer) => void): boolean {
  const length = Number(req.headers['content-length'] ?? Infinity);
  if (length > SMALL_BODY) return false;
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => onEnd(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  return true;
}
