// Runs in Deno before a function's own module (`deno run --preload`), and makes it the edge runtime that functions are
// written for (supabase/edge-runtime, ext/runtime/js). It may leave nothing pending: Deno loads the function afterwards.
import type { ApiPlace } from '../../stack-url.ts';
import { installConsole } from './console.ts';
import { Deno } from './deno-namespace.ts';
import { hideVariables } from './environment.ts';
import { installFetch } from './fetch.ts';
import { startGuard } from './guard-thread.ts';
import { installLegacyServe } from './legacy-serve.ts';
import { openMessages } from './messages.ts';
import { installServe } from './serve.ts';
import { installEdgeRuntime } from './shutdown.ts';

const settings = JSON.parse(Deno.env.get('SUPABASE_INTERNAL_WORKER') ?? '{}') as {
  /** Begins each line of standard output that is a message for Node. */
  mark: string;
  /** Proves that a call comes from Node; undefined on sockets that only this user can open. */
  secret?: string;
  /** Path of the local socket to listen on; undefined: any port of loopback. */
  socketPath?: string;
  api: ApiPlace;
};
const afterImports = hideVariables();

const messages = openMessages(settings.mark);
const shutdown = installEdgeRuntime();
installConsole(messages);
installFetch(settings.api);
installServe({
  secret: settings.secret,
  socketPath: settings.socketPath,
  onListen(port) {
    // In this order: making the thread takes longer than Node needs to connect, and no call runs in between.
    messages.send({ type: 'listening', port });
    startGuard(settings.mark, shutdown);
  },
});
installLegacyServe();

declare function addEventListener(type: 'load', listener: () => void): void;

// A module that serves by `export default { fetch }` instead of calling Deno.serve.
addEventListener('load', () => {
  afterImports();
  void import(Deno.mainModule).then((module: { default?: { fetch?: unknown } }) => {
    const handler = module.default?.fetch;
    if (typeof handler === 'function')
      Deno.serve((request: Request) => handler.call(module.default, request));
  });
});
