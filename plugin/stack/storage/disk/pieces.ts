/** Bytes of one read from a file. */
const PIECE_SIZE = 256 * 1024;

// 4 MiB: what the concurrent transfers of one page use.
const KEPT = 16;
const kept: Buffer[] = [];

/**
 * A reusable buffer for one piece of a file. V8 runs a full garbage collection after every 64 MiB of new buffers, which
 * costs more than the transfer of those bytes.
 */
export function acquirePiece(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(PIECE_SIZE);
}

/** Returns a piece for reuse; nothing may still read it. */
export function releasePiece(piece: Buffer): void {
  if (kept.length < KEPT) kept.push(piece);
}
