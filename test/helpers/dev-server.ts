import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** The command `vite`, to be run with Node. */
export const VITE: string = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));

/** A dev server in a process of its own, as `npx vite` starts it. */
export interface DevServer extends AsyncDisposable {
  /** Origin, such as `http://localhost:34567`. */
  readonly url: string;
  readonly pid: number;
  /** What it has printed, without colours. */
  output(): string;
  /** Waits until its output (from the start) matches. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts Vite in `root` on a free port and waits until it listens.
 *
 * @param args further arguments of the command `vite`
 * @param port another port than a free one, for a server that comes back where it was
 */
export async function startDevServer(
  root: string,
  {
    command = 'dev',
    args = [],
    env = {},
    port = 0,
  }: {
    command?: 'dev' | 'preview';
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
    port?: number;
  } = {},
): Promise<DevServer> {
  const { VITEST: _, ...parentEnv } = process.env;
  const child = spawn(process.execPath, [VITE, command, '--port', String(port), ...args], {
    cwd: root,
    env: { ...parentEnv, ...env, NODE_ENV: command === 'dev' ? 'development' : 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const kill: DevServer['kill'] = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    return { code: child.exitCode, signal: child.signalCode };
  };
  try {
    const [, url] = await output.waitFor(/Local:\s+(http:\/\/\S+?)\/?\s/);
    // Vite prints our lines right after its own.
    return {
      url: url ?? '',
      pid: child.pid ?? 0,
      output: () => output.text(),
      waitForOutput: (pattern, timeoutMs) => output.waitFor(pattern, timeoutMs),
      kill,
      [Symbol.asyncDispose]: async () => void (await kill('SIGTERM')),
    };
  } catch (error) {
    await kill('SIGTERM');
    throw error;
  }
}

function collectOutput(child: ChildProcess): {
  text(): string;
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
} {
  let text = '';
  const listeners = new Set<() => void>();
  const append = (chunk: string): void => {
    text += stripVTControlCharacters(chunk);
    for (const listener of listeners) listener();
  };
  child.stdout?.setEncoding('utf8').on('data', append);
  child.stderr?.setEncoding('utf8').on('data', append);
  child.once('close', () => append('\n[the process has ended]\n'));
  return {
    text: () => text,
    waitFor: (pattern, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(text);
          if (match) settle(() => resolve(match));
          else if (text.includes('[the process has ended]')) fail('the process has ended');
        };
        const fail = (why: string): void =>
          settle(() => reject(new Error(`No output like ${String(pattern)}: ${why}. It printed:\n${text}`)));
        const settle = (end: () => void): void => {
          listeners.delete(check);
          clearTimeout(timer);
          end();
        };
        const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs);
        listeners.add(check);
        check();
      }),
  };
}
