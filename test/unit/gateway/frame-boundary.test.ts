import { describe, expect, test } from 'vitest';
import { closeFrame, FrameBoundary } from '../../../plugin/gateway/websocket/frame-boundary.ts';

/** A server's frame with a payload of this length. */
function frame(length: number, opcode = 1): Buffer {
  const header =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 255])
        : Buffer.concat([
            Buffer.from([0x80 | opcode, 127]),
            ((bytes) => (bytes.writeBigUInt64BE(BigInt(length)), bytes))(Buffer.alloc(8)),
          ]);
  return Buffer.concat([header, Buffer.alloc(length, 0x88)]);
}

describe('a boundary is known', () => {
  test.each([0, 1, 125, 126, 200, 65_535, 65_536, 200_000])(
    'after a frame of %i bytes, however it is cut',
    (length) => {
      const first = frame(length);
      const bytes = Buffer.concat([first, frame(3)]);
      for (const size of [1, 7, 4_096, bytes.length]) {
        const boundary = new FrameBoundary();
        const boundaries: number[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          const chunk = bytes.subarray(at, at + size);
          boundary.push(chunk);
          if (boundary.isBetweenFrames) boundaries.push(at + chunk.length);
        }
        const isVisible = first.length % size === 0;
        expect(boundaries).toEqual(isVisible ? [first.length, bytes.length] : [bytes.length]);
        expect(boundary.sawClose).toBe(false);
      }
    },
  );

  test('before the first byte', () => {
    expect(new FrameBoundary().isBetweenFrames).toBe(true);
  });
});

test('a close frame is detected, a payload that looks like one is not', () => {
  const boundary = new FrameBoundary();
  boundary.push(frame(10));
  expect(boundary.sawClose).toBe(false);
  boundary.push(closeFrame(1000, 'bye'));
  expect(boundary.sawClose).toBe(true);
});
