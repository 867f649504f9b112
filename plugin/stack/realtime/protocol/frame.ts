/** A complete WebSocket frame including its header: built once and written unchanged to every receiver. */
export type Frame = Buffer;

const FIN = 0x80;
const TEXT = 0x01;
const BINARY = 0x02;

/** Servers send frames unmasked (RFC 6455 section 5.1), so one buffer serves all receivers. */
export function textFrame(text: string): Frame {
  const length = Buffer.byteLength(text);
  const headerLength = headerSize(length);
  const frame = Buffer.allocUnsafe(headerLength + length);
  writeHeader(frame, TEXT, length);
  frame.write(text, headerLength, 'utf8');
  return frame;
}

export function binaryFrame(parts: readonly Uint8Array[]): Frame {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let offset = headerSize(length);
  const frame = Buffer.allocUnsafe(offset + length);
  writeHeader(frame, BINARY, length);
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}

/** Content of a frame of this server. */
export function readFrame(frame: Frame): { isBinary: boolean; data: Buffer } {
  const length = (frame[1] ?? 0) & 0x7f;
  const headerLength = length < 126 ? 2 : length === 126 ? 4 : 10;
  return { isBinary: ((frame[0] ?? 0) & 0x0f) === BINARY, data: frame.subarray(headerLength) };
}

function headerSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(frame: Buffer, opcode: number, length: number): void {
  frame[0] = FIN | opcode;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}
