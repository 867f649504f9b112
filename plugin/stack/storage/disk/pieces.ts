/** Bytes that are read from a file at once. */
const PIECE_SIZE = 256 * 1024;

// 4 MiB: as much as the transfers of a page use at once.
const KEPT = 16;
const kept: Buffer[] = [];

/**
 * Memory for one piece, used again and again: V8 answers every 64 MiB of new buffers with a collection of the whole
 * heap, which costs more than the transfer of those bytes.
 */
export function takePiece(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(PIECE_SIZE);
}

/** Gives a piece back, once nobody reads it any more. */
export function givePiece(piece: Buffer): void {
  if (kept.length < KEPT) kept.push(piece);
}
