import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { OpenBlob } from '../disk/open-blob.ts';
import { givePiece, takePiece } from '../disk/pieces.ts';

/**
 * Sends a part of a blob and ends the response; the blob stays open. Ends early when the client goes away.
 *
 * @throws Error when a file ends too soon, which a client must not take for the whole
 */
export async function sendBlob(
  res: ServerResponse,
  { content }: OpenBlob,
  start: number,
  length: number,
): Promise<void> {
  if (Buffer.isBuffer(content)) res.end(content.subarray(start, start + length));
  else await sendFile(res, content, start, start + length);
}

async function sendFile(res: ServerResponse, file: FileHandle, start: number, end: number): Promise<void> {
  const write = createWriter(res);
  let position = start;
  let sent = Promise.resolve(true);
  while (position < end) {
    // The next piece is read while the last one is on its way.
    const piece = takePiece();
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - position), position);
    if (bytesRead === 0) throw new Error('a blob is shorter than it was');
    position += bytesRead;
    if (!(await sent)) return;
    sent = write(piece.subarray(0, bytesRead)).then((done) => {
      if (done) givePiece(piece);
      return done;
    });
  }
  if (await sent) res.end();
}

/** Writes whose promise says whether the bytes have left: false when the client went away before. */
function createWriter(res: ServerResponse): (bytes: Buffer) => Promise<boolean> {
  let settle: (done: boolean) => void = () => {};
  res.once('close', () => settle(false));
  return (bytes) =>
    new Promise((resolve) => {
      settle = resolve;
      res.write(bytes, (error) => resolve(!error));
    });
}
