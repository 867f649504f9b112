import { defaultAllowedOrigins, type Connect, type CorsOptions } from 'vite';

/** The names of middleware that may follow the gateway's: Vite's own checks, and this plugin's own-origin.ts. */
const MAY_FOLLOW = new Set([
  'supabaseOrigin',
  'viteRejectInvalidRequestMiddleware',
  'corsMiddleware',
  'hostValidationMiddleware',
]);

/**
 * Inserts the gateway's middleware before Vite's own checks of target, origin and host. The gateway makes these checks
 * itself, and Vite's would add about a fifth to the time of each request.
 *
 * It is appended instead where `server.cors` is configured, whose headers must reach our paths too, and where another
 * plugin's middleware, which may ask for a password, precedes ours.
 */
export function insertGatewayMiddleware(
  middlewares: Connect.Server,
  cors: CorsOptions | boolean,
  handle: Connect.NextHandleFunction,
): void {
  const { stack } = middlewares;
  const mayGoFirst = isDefault(cors) && stack.every((item) => MAY_FOLLOW.has(nameOf(item.handle)));
  if (mayGoFirst) stack.unshift({ route: '', handle });
  else middlewares.use(handle);
}

function isDefault(cors: CorsOptions | boolean): boolean {
  if (typeof cors === 'boolean') return !cors;
  return Object.keys(cors).length === 1 && String(cors.origin) === String(defaultAllowedOrigins);
}

function nameOf(handle: Connect.ServerHandle): string {
  return typeof handle === 'function' ? handle.name : '';
}
