/**
 * Follows the frames that a WebSocket server sends, without touching them, to know when a frame of our own may be
 * put between two of its. Only headers are looked at; payloads are skipped.
 */
export class FrameBoundary {
  #toSkip = 0;
  #header: number[] = [];
  #sawClose = false;

  /** Whether all bytes so far make whole frames. */
  get isBetweenFrames(): boolean {
    return this.#toSkip === 0 && this.#header.length === 0;
  }

  /** Whether the server has said goodbye itself. */
  get sawClose(): boolean {
    return this.#sawClose;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, chunk.length - at);
        this.#toSkip -= skipped;
        at += skipped;
        continue;
      }
      this.#header.push(chunk[at++] ?? 0);
      const length = payloadLength(this.#header);
      if (length === undefined) continue;
      if (((this.#header[0] ?? 0) & 0x0f) === OPCODE_CLOSE) this.#sawClose = true;
      this.#header = [];
      this.#toSkip = length;
    }
  }
}

const OPCODE_CLOSE = 8;

/** The length that a frame's header tells, or undefined while the header is incomplete (RFC 6455, 5.2). */
function payloadLength(header: readonly number[]): number | undefined {
  const [, second] = header;
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const masked = second > 0x7f ? 4 : 0;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (header.length < 2 + extended + masked) return undefined;
  // A server does not mask; if one does, the key belongs to the header.
  if (extended === 0) return short;
  return header.slice(2, 2 + extended).reduce((length, byte) => length * 256 + byte, 0);
}

/** A server's close frame. The code is for programs, the reason (short) for people. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x80 | OPCODE_CLOSE;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
