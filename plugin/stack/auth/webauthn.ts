import type {
  AuthenticationResponseJSON,
  RegistrationResponseJSON,
  VerifiedRegistrationResponse,
} from '@simplewebauthn/server';
import type * as SimpleWebAuthn from '@simplewebauthn/server';
import type { Context } from './app.ts';
import { siteUrl } from './urls.ts';

/** Loaded when first used: most projects have no passkeys, and it is a fifth of all code. */
export const webAuthn = (): Promise<typeof SimpleWebAuthn> => import('@simplewebauthn/server');

/** The site that credentials belong to, and the origins that may use them. */
export interface RelyingParty {
  readonly id: string;
  readonly name: string;
  readonly origins: string[];
}

/**
 * `[auth.webauthn]`. What config.toml leaves out follows the page: a credential belongs to the host that the browser
 * shows. The origin of the request is always accepted.
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

/** What an authenticator was asked; stored until it answers. */
export interface WebAuthnChallenge {
  readonly challenge: string;
  readonly rpId: string;
}

/** A credential whose answers can be verified. */
interface KnownCredential {
  /** base64url */
  readonly id: string;
  readonly publicKey: Uint8Array;
  /** Number of uses that the authenticator counted last; 0 if it does not count. */
  readonly counter: number;
}

/** Verifies the answer of `navigator.credentials.create()`; undefined when it is not valid. */
export async function verifyAttestation(
  ctx: Context,
  challenge: WebAuthnChallenge,
  answer: unknown,
): Promise<VerifiedRegistrationResponse['registrationInfo'] | undefined> {
  // The library checks the shape and throws for another one.
  const response = answer as RegistrationResponseJSON;
  const { verifyRegistrationResponse } = await webAuthn();
  const result = await verifyRegistrationResponse({ ...expected(ctx, challenge), response }).catch(
    () => undefined,
  );
  return result?.verified ? result.registrationInfo : undefined;
}

/** Verifies the answer of `navigator.credentials.get()`. @returns the new counter; undefined when it is not valid */
export async function verifyAssertion(
  ctx: Context,
  challenge: WebAuthnChallenge,
  answer: unknown,
  { id, publicKey, counter }: KnownCredential,
): Promise<number | undefined> {
  const response = answer as AuthenticationResponseJSON;
  // The library requires bytes that own their buffer.
  const credential = { id, publicKey: new Uint8Array(publicKey), counter };
  const { verifyAuthenticationResponse } = await webAuthn();
  const result = await verifyAuthenticationResponse({
    ...expected(ctx, challenge),
    response,
    credential,
  }).catch(() => undefined);
  return result?.verified ? result.authenticationInfo.newCounter : undefined;
}

interface Expected {
  readonly expectedChallenge: string;
  readonly expectedOrigin: string[];
  readonly expectedRPID: string;
  readonly requireUserVerification: boolean;
}

function expected(ctx: Context, { challenge, rpId }: WebAuthnChallenge): Expected {
  return {
    expectedChallenge: challenge,
    expectedOrigin: relyingParty(ctx).origins,
    expectedRPID: rpId,
    requireUserVerification: false,
  };
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
