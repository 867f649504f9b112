import type { Section } from '../../config/section.ts';

export type HookName =
  | 'before_user_created'
  | 'custom_access_token'
  | 'send_email'
  | 'send_sms'
  | 'mfa_verification_attempt'
  | 'password_verification_attempt';

const HOOKS: readonly HookName[] = [
  'before_user_created',
  'custom_access_token',
  'send_email',
  'send_sms',
  'mfa_verification_attempt',
  'password_verification_attempt',
];

/** A hook that is enabled: a function of the database, or an address. */
export type HookSettings =
  | { readonly kind: 'postgres'; readonly schema: string; readonly name: string }
  | { readonly kind: 'http'; readonly url: string; readonly secrets: readonly string[] };

/**
 * Reads `[auth.hook.*]`.
 *
 * @throws SupabaseDevError CONFIG_INVALID for an address that is neither `pg-functions://` nor `http(s)://`
 */
export function readHooks(section: Section): ReadonlyMap<HookName, HookSettings> {
  const hooks = new Map<HookName, HookSettings>();
  for (const name of HOOKS) {
    const hook = section.section(name);
    const uri = hook.string('uri', '');
    const secrets = hook.string('secrets', '');
    if (!hook.boolean('enabled', false)) continue;
    const settings = parseHook(uri, secrets);
    if (!settings) throw hook.invalid('uri', `must be ${FORMS}`);
    hooks.set(name, settings);
  }
  return hooks;
}

const FORMS = 'pg-functions://<database>/<schema>/<function> or http(s)://…';

function parseHook(uri: string, secrets: string): HookSettings | undefined {
  // URL would change the case of the function's name.
  const postgres = /^pg-functions:\/\/[^/]+\/([^/]+)\/([^/]+)$/.exec(uri);
  if (postgres?.[1] && postgres[2]) return { kind: 'postgres', schema: postgres[1], name: postgres[2] };
  if (/^https?:\/\//.test(uri))
    return { kind: 'http', url: uri, secrets: secrets.split('|').filter(Boolean) };
  return undefined;
}
