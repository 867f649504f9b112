/**
 * Response headers for every file of the page, by name: the page may contact its own origin and Supabase, run its
 * own scripts, and not be framed. docs/deploy.md has a copy for static hosts.
 *
 * @param supabaseUrl URL of the project; omitted or "/" when Supabase is on the page's own origin
 */
export function securityHeaders(supabaseUrl = '/'): Record<string, string> {
  const origin = URL.canParse(supabaseUrl) ? new URL(supabaseUrl).origin : undefined;
  const supabase = origin === undefined ? [] : [origin];
  const policy: Readonly<Record<string, readonly string[]>> = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    // data: for the QR code of two-factor authentication, blob: for pictures that are not sent yet.
    'img-src': ["'self'", 'data:', 'blob:', ...supabase],
    // http → ws, https → wss: Realtime's socket.
    'connect-src': ["'self'", ...supabase, ...supabase.map((url) => url.replace(/^http/, 'ws'))],
    'manifest-src': ["'self'"],
    'worker-src': ["'self'"],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
    // No string becomes markup or script, even through a bug in the app. The one policy gives the URL of the service worker.
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ['service-worker'],
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([directive, sources]) => `${directive} ${sources.join(' ')}`)
      .join('; '),
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}
