import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** The command `vite`, to be run with Node. */
export const VITE: string = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));

/** Arguments for a second dev server of one project: Vite 8.4 and newer refuse it otherwise, and older ones reject them. */
export function secondServerArgs(viteVersion: string): readonly string[] {
  const [major = 0, minor = 0] = viteVersion.split('.').map(Number);
  return major > 8 || (major === 8 && minor >= 4) ? ['--bypass-lock'] : [];
}

/** A dev server in a separate process, as `npx vite` starts it. */
export interface DevServer extends AsyncDisposable {
  /** Origin, such as `http://localhost:34567`. */
  readonly url: string;
  readonly pid: number;
  /** Its output so far, without colours. */
  output(): string;
  /** Waits until its whole output matches. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Types a line in its terminal; only with `terminal`. */
  type(line: string): void;
  /** Sends a signal and waits until the process ends. */
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts Vite in `root` on a free port and waits until it listens.
 *
 * @param args more arguments for the command `vite`
 * @param port a fixed port, for a server that restarts at the same URL; default: any free one
 * @param vite another Vite's command, see `VITE`
 * @param onSpawn receives the process before it listens
 */
export async function startDevServer(
  root: string,
  {
    command = 'dev',
    args = [],
    env = {},
    port = 0,
    vite = VITE,
    terminal = false,
    onSpawn,
  }: {
    command?: 'dev' | 'preview';
    args?: readonly string[];
    env?: Readonly<Record<string, string>>;
    port?: number;
    vite?: string;
    /** Its standard input counts as a terminal. */
    terminal?: boolean;
    onSpawn?: (child: ChildProcess) => void;
  } = {},
): Promise<DevServer> {
  const { VITEST: _, ...parentEnv } = process.env;
  const child = spawn(process.execPath, [vite, command, '--port', String(port), ...args], {
    cwd: root,
    env: {
      ...parentEnv,
      ...(terminal && AS_TERMINAL),
      ...env,
      NODE_ENV: command === 'dev' ? 'development' : 'production',
    },
    stdio: [terminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  onSpawn?.(child);
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
    const [, url] = await output.waitFor(/Local:\s+(http:\/\/\S+?)\/?\s/, 60_000);
    return {
      url: url ?? '',
      pid: child.pid ?? 0,
      output: () => output.text(),
      type: (line) => void child.stdin?.write(`${line}\n`),
      waitForOutput: (pattern, timeoutMs) => output.waitFor(pattern, timeoutMs),
      kill,
      [Symbol.asyncDispose]: async () => void (await kill('SIGTERM')),
    };
  } catch (error) {
    await kill('SIGTERM');
    throw error;
  }
}

/** Vite has no shortcuts in CI; and no browser is to open. */
const AS_TERMINAL = {
  NODE_OPTIONS: '--import=data:text/javascript,process.stdin.isTTY=true',
  CI: '',
  BROWSER: 'none',
};

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
