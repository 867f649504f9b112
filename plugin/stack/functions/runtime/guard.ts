// A thread of the function's process. It ends the process when Node has gone, and when the function keeps its thread
// busy for longer than the CPU time limit, neither of which a blocked thread notices itself.
import process from 'node:process';
import { Deno } from './deno-namespace.ts';
import { openMessages } from './messages.ts';

/** The hard limit of the hosted platform, in milliseconds of CPU time. */
const CPU_LIMIT_MS = 2_000;
const PING_EVERY_MS = 250;

declare const self: {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: 'pong' | { mark: string } }) => void): void;
};

let mark: string | undefined;
/** CPU time at the last sign of life of the function's thread, in milliseconds; undefined: it has answered since. */
let askedAt: number | undefined;

self.addEventListener('message', ({ data }) => {
  if (data === 'pong') askedAt = undefined;
  else mark = data.mark;
});

setInterval(() => {
  if (askedAt === undefined) {
    askedAt = cpuTime();
    self.postMessage({ ping: true });
  } else if (cpuTime() - askedAt >= CPU_LIMIT_MS) {
    if (mark !== undefined) openMessages(mark).send({ type: 'limit', reason: 'cpu' });
    end();
  }
}, PING_EVERY_MS);

void followNode();

/** Node writes the reason to end as one line; the end of the stream means that Node has gone, however it ended. */
async function followNode(): Promise<void> {
  const buffer = new Uint8Array(256);
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const count = await Deno.stdin.read(buffer).catch(() => null);
    if (count === null) return end();
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const line = /^(.*)\n/.exec(text);
    if (line) self.postMessage({ end: line[1] });
  }
}

function end(): void {
  Deno.kill(Deno.pid, 'SIGKILL');
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
