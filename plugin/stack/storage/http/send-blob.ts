import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { OpenBlob } from '../disk/open-blob.ts';
import { releasePiece, acquirePiece } from '../disk/pieces.ts';

/**
 * Sends a part of a blob and ends the response; the blob stays open. Stops when the client closes the connection.
 *
 * @throws Error when the file is too short; the response must then be cut off, not ended
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
    // Reads the next piece while the previous one is being sent.
    const piece = acquirePiece();
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - position), position);
    if (bytesRead === 0) throw new Error('a blob is shorter than it was');
    position += bytesRead;
    if (!(await sent)) return;
    sent = write(piece.subarray(0, bytesRead)).then((done) => {
      if (done) releasePiece(piece);
      return done;
    });
  }
  if (await sent) res.end();
}

/** Returns a function that writes and resolves to whether the bytes were sent: false after the connection closed. */
function createWriter(res: ServerResponse): (bytes: Buffer) => Promise<boolean> {
  let settle: (done: boolean) => void = () => {};
  res.once('close', () => settle(false));
  return (bytes) =>
    new Promise((resolve) => {
      settle = resolve;
      res.write(bytes, (error) => resolve(!error));
    });
}
