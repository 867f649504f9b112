import type { Section } from '../../config/section.ts';

/** A table of `[auth.external.*]` that is enabled. */
export interface ExternalProvider {
  /** Empty: no application is registered there, and the local consent page replaces the provider. */
  readonly clientId: string;
  readonly secret: string;
  /** '' for this server's own callback. */
  readonly redirectUri: string;
  /** Base address of a self-hosted provider (GitLab, Keycloak, Azure, WorkOS); '' for the usual one. */
  readonly url: string;
  readonly skipNonceCheck: boolean;
  readonly emailOptional: boolean;
}

/** Every provider that `[auth.external]` can name. */
const PROVIDERS = [
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'kakao',
  'keycloak',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'slack',
  'slack_oidc',
  'snapchat',
  'spotify',
  'twitch',
  'twitter',
  'vercel_marketplace',
  'workos',
  'x',
  'zoom',
] as const;

export type ProviderName = (typeof PROVIDERS)[number];

export const PROVIDER_NAMES: ReadonlySet<string> = new Set(PROVIDERS);

/** The providers that are enabled, by name. */
export function readExternalProviders(external: Section): ReadonlyMap<string, ExternalProvider> {
  const providers = new Map<string, ExternalProvider>();
  for (const name of PROVIDERS) {
    const section = external.section(name);
    const provider = {
      clientId: section.string('client_id', ''),
      secret: section.string('secret', ''),
      redirectUri: section.string('redirect_uri', ''),
      url: section.string('url', ''),
      skipNonceCheck: section.boolean('skip_nonce_check', false),
      emailOptional: section.boolean('email_optional', false),
    };
    if (section.boolean('enabled', false)) providers.set(name, provider);
  }
  return providers;
}
