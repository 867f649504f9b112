import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import * as vite from 'vite';
import { PLUGIN_NAME } from './plugin-context.ts';

const DEFINED = 'import.meta.env.VITE_SUPABASE_URL';
const ORIGIN_NAME = '__SUPABASE_ORIGIN__';
/** A valid name in place of the expression, which esbuild can insert. */
const PLACEHOLDER = '__SUPABASE_OWN_ORIGIN__';

// esbuild, which replaces the names of `define` in Vite 6 and 7, accepts no expressions; Rolldown in Vite 8 does.
const ACCEPTS_EXPRESSIONS = 'rolldownVersion' in vite;

// Evaluated in the page, because a server has several names (localhost, its address in the network, a tunnel). On the
// server there is no page, and the port may differ from the configured one.
function originExpression(fallback: string): string {
  return `(globalThis.location?.origin ?? globalThis.${ORIGIN_NAME} ?? ${JSON.stringify(fallback)})`;
}

/**
 * Makes `import.meta.env.VITE_SUPABASE_URL` the origin of the page that reads it.
 *
 * @param fallback returns the value where neither a page nor a request has an origin; undefined leaves the variable alone
 */
export function ownOriginPlugin(
  fallback: (config: vite.UserConfig, env: vite.ConfigEnv) => string | undefined,
): vite.Plugin {
  let expression: string | undefined;
  const plugin: vite.Plugin = {
    name: `${PLUGIN_NAME}:own-origin`,
    // Its middleware must run before that of frameworks, which may answer every path.
    enforce: 'pre',
    config(config, env) {
      const value = fallback(config, env);
      if (value === undefined) return undefined;
      expression = originExpression(value);
      // In development Vite writes `import.meta.env` of the page without esbuild.
      const isAccepted = ACCEPTS_EXPRESSIONS || env.command === 'serve';
      return { define: { [DEFINED]: isAccepted ? expression : PLACEHOLDER } };
    },
    configureServer: ({ middlewares }) =>
      void middlewares.use(function supabaseOrigin(req, _res, next) {
        publishOrigin(req.socket, next);
      }),
  };
  return ACCEPTS_EXPRESSIONS ? plugin : { ...plugin, ...replacePlaceholder(() => expression) };
}

/** The hooks for Vite 6 and 7: esbuild inserts the placeholder, and the expression replaces that afterwards. */
function replacePlaceholder(
  expression: () => string | undefined,
): Pick<vite.Plugin, 'configEnvironment' | 'transform'> {
  return {
    configEnvironment(name, _options, { command }) {
      if (name === 'client' || command !== 'serve' || expression() === undefined) return undefined;
      return { define: { [DEFINED]: PLACEHOLDER } };
    },
    transform: {
      order: 'post',
      handler(code) {
        const value = expression();
        if (value === undefined || !code.includes(PLACEHOLDER)) return undefined;
        return { code: code.replaceAll(PLACEHOLDER, () => value), map: null };
      },
    },
  };
}

const originOfRequest = new AsyncLocalStorage<string>();
let lastOrigin: string | undefined;

/**
 * The origin for code that is rendered on the server, by request: a server may have several ports (app-port.ts). Code that
 * belongs to no request gets the last one. From the socket, because a client can choose any Host.
 */
function publishOrigin(socket: Socket, next: () => void): void {
  const scheme = socket instanceof TLSSocket ? 'https' : 'http';
  lastOrigin = `${scheme}://localhost:${socket.localPort}`;
  Object.defineProperty(globalThis, ORIGIN_NAME, READ_ORIGIN);
  originOfRequest.run(lastOrigin, next);
}

const READ_ORIGIN: PropertyDescriptor = {
  configurable: true,
  get: () => originOfRequest.getStore() ?? lastOrigin,
};
