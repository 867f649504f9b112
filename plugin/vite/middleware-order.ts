import { defaultAllowedOrigins, type Connect, type CorsOptions } from 'vite';

/** What Vite puts before the middlewares of plugins, by the names that it gives them. */
const CHECKS_OF_VITE = new Set([
  'viteRejectInvalidRequestMiddleware',
  'corsMiddleware',
  'hostValidationMiddleware',
]);

/**
 * Puts the gateway's middleware before Vite's own checks of target, origin and host. The gateway makes them itself, and
 * for each request they take about a fifth of the time that all the rest takes.
 *
 * It stays in line where somebody set `server.cors`, whose headers are to reach our paths too, and where another
 * plugin's middleware, which may ask for a password, stands before ours.
 */
export function placeGateway(
  middlewares: Connect.Server,
  cors: CorsOptions | boolean,
  handle: Connect.NextHandleFunction,
): void {
  const { stack } = middlewares;
  const mayGoFirst = isDefault(cors) && stack.every((item) => CHECKS_OF_VITE.has(nameOf(item.handle)));
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
