import type { Context } from './app.ts';
import { siteUrl } from './urls.ts';

/** The site that credentials belong to, and from where they may be used. */
export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origins: string[];
}

/**
 * `[auth.webauthn]`. What is not set there follows the page: in development a credential belongs to the host that the
 * browser shows, and the origin that the request came through is always one of the site's.
 */
export function relyingParty(ctx: Context): RelyingParty {
  const { rpId, rpName, rpOrigins } = ctx.settings.webauthn;
  const here = ctx.req.origin ?? new URL(siteUrl(ctx)).origin;
  return {
    id: rpId ?? new URL(here).hostname,
    name: rpName,
    origins: [...new Set([...rpOrigins, here])],
  };
}

/** Bytes as JSON text, which WebAuthn writes in base64url. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** A copy: the library wants bytes over a buffer of their own. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
