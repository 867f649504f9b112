import type { JWK } from 'jose';
import type { Keys } from '../keys.ts';

/** What a second process needs to use the stack of the first one. */
export interface StackRecord extends Omit<Keys, 'signingKeys'> {
  readonly pid: number;
  /** Origin of the owner's gateway on loopback. */
  readonly url: string;
  readonly dbUrl: string;
  /** Public halves of the signing keys. */
  readonly jwks: readonly JWK[];
  /** By this secret a joiner's gateway shows the owner's that it has checked a request's host and origin. */
  readonly gatewaySecret: string;
}
