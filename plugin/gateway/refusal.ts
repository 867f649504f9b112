/**
 * An answer that the gateway gives in place of a service: one value for HTTP responses and for refused upgrades.
 *
 * The body is `{ code, message, hint? }` for the gateway's own errors (errors.ts), or exactly what hosted Supabase's
 * API gateway sends.
 */
export interface GatewayRefusal {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** Kong's answer to a path that no route matches. */
export const NO_ROUTE: GatewayRefusal = {
  status: 404,
  body: { message: 'no Route matched with those values' },
};
