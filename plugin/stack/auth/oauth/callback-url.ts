import type { Context } from '../app.ts';
import type { ExternalProvider } from '../settings/external.ts';
import { externalUrl } from '../urls.ts';

/** The address to which the provider sends people back. */
export function callbackUrl(ctx: Context, settings: ExternalProvider): string {
  return settings.redirectUri || `${externalUrl(ctx)}/callback`;
}
