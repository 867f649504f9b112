import { AsyncLocalStorage } from 'node:async_hooks';
import { Deno, type Handler, type ServeOptions } from './deno-namespace.ts';

/** By this header Node proves on a TCP port that it has let the call in. */
const SECRET_HEADER = 'x-supabase-worker';

/** What identifies a request in the terminal. */
export interface RequestLine {
  readonly method: string;
  readonly url: string;
}

const requests = new AsyncLocalStorage<RequestLine>();

/** The request that the running code belongs to, also after its answer. */
export function currentRequest(): RequestLine | undefined {
  return requests.getStore();
}

export interface InstallServeOptions {
  readonly secret: string | undefined;
  readonly socketPath: string | undefined;
  /** Called for each server, with its port; 0 on a local socket. */
  readonly onListen: (port: number) => void;
}

/** Makes `Deno.serve` listen where Node wants it, whatever address the function names. */
export function installServe({ secret, socketPath, onListen }: InstallServeOptions): void {
  const serve = Deno.serve;
  const where = socketPath === undefined ? { hostname: '127.0.0.1', port: 0 } : { path: socketPath };
  hideSocket();
  Deno.serve = (first, second) => {
    const options: ServeOptions = typeof first === 'function' ? {} : first;
    const handler = typeof first === 'function' ? first : (second ?? first.handler);
    if (typeof handler !== 'function') throw new TypeError('A handler function must be provided.');
    return serve({
      ...where,
      signal: options.signal,
      ...(options.onError && { onError: options.onError }),
      onListen(address) {
        options.onListen?.({ hostname: '0.0.0.0', port: 9999 });
        onListen(address.port ?? 0);
      },
      handler: (request) => {
        if (secret !== undefined && request.headers.get(SECRET_HEADER) !== secret)
          return new Response(null, { status: 403 });
        // Read now: Deno forgets both with the answer, and background work may print later.
        const line = { method: request.method, url: request.url };
        return requests.run(line, answer, handler, request);
      },
    });
  };
}

// What edge-runtime gives to handlers (ext/runtime/js/http.js).
const INFO = Object.freeze({ remoteAddr: { hostname: '0.0.0.0', port: 9999, transport: 'tcp' } });

async function answer(handler: Handler, request: Request): Promise<Response> {
  const response: unknown = await handler(request, INFO);
  if (response instanceof Response) return response;
  console.error(new TypeError('The handler must return a Response or a promise of one'));
  return new Response('Bad Gateway', { status: 502 });
}

/** Requests over a local socket have URLs such as `http+unix://localhost:3000/hello`. */
function hideSocket(): void {
  const original = Object.getOwnPropertyDescriptor(Request.prototype, 'url');
  Object.defineProperty(Request.prototype, 'url', {
    configurable: true,
    enumerable: true,
    get(this: Request) {
      const url = original?.get?.call(this) as string;
      return url.startsWith('http+unix:') ? `http${url.slice('http+unix'.length)}` : url;
    },
  });
}
