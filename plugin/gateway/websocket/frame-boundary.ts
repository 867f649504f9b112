/**
 * Follows the frames that a WebSocket server sends, without changing them, to know when the gateway may insert a frame
 * between two of them. Only headers are read; payloads are skipped.
 */
export class FrameBoundary {
  /** Bytes until the next frame begins. */
  #toSkip = 0;
  /** The beginning of a header whose rest has not arrived. */
  #partial = NOTHING;
  #sawClose = false;

  /** Whether all bytes so far form whole frames. */
  get isBetweenFrames(): boolean {
    return this.#toSkip === 0 && this.#partial.length === 0;
  }

  /** Whether the server has sent a close frame. */
  get sawClose(): boolean {
    return this.#sawClose;
  }

  push(chunk: Buffer): void {
    const data = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    let at = this.#toSkip;
    while (at + 2 <= data.length) {
      // RFC 6455, 5.2. Servers do not mask; if one does, the masking key is part of the header.
      const second = data[at + 1] ?? 0;
      const short = second & 0x7f;
      const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
      const payload = at + 2 + extended + (second > 0x7f ? 4 : 0);
      if (payload > data.length) break;
      if (((data[at] ?? 0) & 0x0f) === OPCODE_CLOSE) this.#sawClose = true;
      at = payload + (extended === 0 ? short : readLength(data, at + 2, extended));
    }
    this.#toSkip = Math.max(0, at - data.length);
    this.#partial = at < data.length ? Buffer.from(data.subarray(at)) : NOTHING;
  }
}

const OPCODE_CLOSE = 8;
const NOTHING = Buffer.alloc(0);

function readLength(data: Buffer, at: number, bytes: number): number {
  return bytes === 2 ? data.readUInt16BE(at) : Number(data.readBigUInt64BE(at));
}

/** A server's close frame. The code is for programs, the (short) reason for people. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x80 | OPCODE_CLOSE;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
