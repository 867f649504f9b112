import type { Socket } from 'node:net';

/** Whether the next bytes of a connection begin a response. */
export interface HeadExpectation {
  awaitsHead: boolean;
}

const EMPTY = Buffer.alloc(0);
/** Of an informational response, but not of 101, which changes the protocol. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d/;
const STATUS_LINE = 'HTTP/1.1 1xx';

/**
 * Removes informational responses from what a connection reads. A server may send `100 Continue` unasked (RFC 9110, 15.2),
 * and undici then destroys the connection.
 */
export function skipContinue(socket: Socket, expectation: HeadExpectation): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let kept: Buffer = EMPTY;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (chunk === null || !expectation.awaitsHead) return chunk;
    let data = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    kept = EMPTY;
    while (mayBeInterim(data)) {
      const end = data.indexOf('\r\n\r\n');
      if (end === -1) {
        kept = data;
        return null;
      }
      data = data.subarray(end + 4);
    }
    return data.length === 0 ? null : data;
  };
}

/** Also for the beginning of one, whose rest has not arrived. */
function mayBeInterim(data: Buffer): boolean {
  const beginning = data.toString('latin1', 0, STATUS_LINE.length);
  if (beginning.length === STATUS_LINE.length) return INTERIM.test(beginning);
  return (
    beginning !== '' && INTERIM.test(beginning + STATUS_LINE.slice(beginning.length).replaceAll('x', '0'))
  );
}
