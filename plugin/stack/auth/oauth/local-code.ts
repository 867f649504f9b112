import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { isObject } from '../../../shared/json.ts';
import { badRequest } from '../errors.ts';
import { isSameSecret } from '../secrets/compare.ts';
import type { ProviderSignIn } from './exchange.ts';
import { profileOf, singleEmail } from './profile.ts';

// Codes of the local consent page: signed, so that nothing has to be stored until they come back.

const LIFETIME_MS = 5 * 60_000;

interface LocalGrant {
  readonly provider: string;
  readonly state: string;
  readonly email: string;
  readonly name: string;
}

/** The code for a person who consented. */
export function sealLocalCode(grant: LocalGrant): string {
  const sealed = { ...grant, expires: Date.now() + LIFETIME_MS, id: randomUUID() };
  const payload = Buffer.from(JSON.stringify(sealed)).toString('base64url');
  return `${payload}.${seal(payload)}`;
}

/** The person behind a code that was sealed for this provider and state. @throws AuthError 400 */
export function openLocalCode(provider: string, state: string, code: string): ProviderSignIn {
  const [payload = '', signature = ''] = code.split('.');
  const isGenuine = isSameSecret(signature, seal(payload));
  const grant: unknown = isGenuine ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined;
  const isOpen = isObject(grant) && grant.provider === provider && grant.state === state;
  if (!isOpen || Number(grant.expires) < Date.now()) {
    throw badRequest('bad_oauth_callback', 'The code of the local consent page is not valid');
  }
  const email = String(grant.email);
  const login = email.split('@')[0];
  // The same address is the same person each time.
  const sub = createHash('sha256').update(`${provider} ${email}`).digest('hex').slice(0, 21);
  const profile = profileOf({
    issuer: `local:${provider}`,
    sub,
    name: String(grant.name),
    picture: '',
    emails: singleEmail(email, true),
    extra: { preferred_username: login, user_name: login },
  });
  return { profile, accessToken: `local-${provider}-token`, refreshToken: '' };
}

// Of this process only: everybody knows the JWT secret of a local stack.
const SEAL_KEY = randomBytes(32);

function seal(payload: string): string {
  return createHmac('sha256', SEAL_KEY).update(payload).digest('base64url');
}
