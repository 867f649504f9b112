/** Claims of an access token that the handlers look at; a token of another origin may lack any of them. */
export interface AccessClaims {
  readonly [name: string]: unknown;
  readonly sub: string;
  readonly aud: string;
  readonly role: string;
  readonly session_id: string;
  readonly is_anonymous: boolean;
}
