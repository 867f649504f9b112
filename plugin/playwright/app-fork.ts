import { once } from 'node:events';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createInterface } from 'node:readline';
import { SupabaseDevError } from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import type { Fork } from '../start-stack.ts';
import { explainError } from '../testing/explain-error.ts';

/** A fork with the app in front of it: the dev server answers at an origin of its own. */
export interface AppFork extends Fork {
  /** The app's URL there, with the path of the dev server's. */
  readonly appUrl: string;
}

/** The answer of plugin/vite/app-forks.ts. */
interface Opened extends Omit<Fork, 'reset' | 'stop' | typeof Symbol.asyncDispose> {
  readonly id: string;
  readonly origin: string;
}

/**
 * Asks a dev server for a fork. It lasts as long as this process, or until `stop`.
 *
 * @param baseUrl URL of the app
 * @throws Error where no dev server with the plugin answers, or with the server's own reason
 */
export async function openAppFork(baseUrl: string): Promise<AppFork> {
  return open(baseUrl).catch((error: unknown) => {
    throw explainError(error);
  });
}

async function open(baseUrl: string): Promise<AppFork> {
  const base = new URL('/__supabase/forks/', baseUrl);
  const response = await post(base).catch((error: unknown) => {
    throw notRunning(`No dev server answers at ${base.origin}`, error);
  });
  const line = await firstLine(response);
  const opened = parseJson(line) as Opened | { message?: string; hint?: string } | undefined;
  if (response.statusCode !== 201 || !opened || !('origin' in opened)) {
    response.destroy();
    throw refusal(base.origin, response, opened);
  }
  response.resume();
  response.socket.unref();
  const { id, origin, ...fork } = opened;
  const current = { dbUrl: fork.dbUrl };
  const stop = async (): Promise<void> => {
    const closed = response.closed ? undefined : once(response, 'close');
    response.destroy();
    await closed;
  };
  return {
    ...fork,
    get dbUrl() {
      return current.dbUrl;
    },
    appUrl: origin + new URL(baseUrl).pathname,
    async reset() {
      const reply = await post(new URL(`${id}/reset`, base));
      const answer = parseJson(await firstLine(reply)) as typeof current;
      if (reply.statusCode !== 200) throw refusal(base.origin, reply, answer);
      current.dbUrl = answer.dbUrl;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Not by `fetch`, which gives up a response that stays silent for five minutes. */
function post(url: URL): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // A dev server's own certificate is signed by nobody.
    send(url, { method: 'POST', agent: false, rejectUnauthorized: false }, (response) => {
      response.on('error', () => {});
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

async function firstLine(response: IncomingMessage): Promise<string> {
  for await (const line of createInterface({ input: response })) return line;
  return '';
}

function refusal(origin: string, response: IncomingMessage, answer: unknown): Error {
  const { message, hint } = (answer ?? {}) as { message?: string; hint?: string };
  if (message === undefined) return notRunning(`${origin} answers without Supabase (${response.statusCode})`);
  return new Error(hint === undefined ? message : `${message}\n\nWhat to do: ${hint}`);
}

function notRunning(message: string, cause?: unknown): SupabaseDevError {
  return new SupabaseDevError('STACK_NOT_RUNNING', message, {
    hint: 'Start the dev server by webServer in playwright.config, with vite-plugin-supabase, and set use.baseURL to its URL.',
    cause,
  });
}
