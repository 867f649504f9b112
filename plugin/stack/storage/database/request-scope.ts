import type { Claims } from '../../jwt.ts';

/** Who sent a request: the role and claims that row level security sees. */
export interface Caller {
  /** False for a request without a valid token on a route that does not require one; its role is then `anon`. */
  readonly authenticated: boolean;
  readonly role: string;
  readonly claims: Claims;
  readonly jwt: string;
  /** `sub` of the token: the owner of what the caller stores. */
  readonly owner: string | undefined;
}

export const ANONYMOUS: Caller = {
  authenticated: false,
  role: 'anon',
  claims: { role: 'anon' },
  jwt: '',
  owner: undefined,
};

/** What a transaction sets for policies and triggers: the request as SQL sees it. */
export interface RequestScope {
  readonly caller: Caller;
  /** `storage.operation()`, such as "storage.object.upload". */
  readonly operation: string;
  /** `request.method` */
  readonly method: string;
  /** `request.path`: path and query as the client wrote them, without the gateway's prefix. */
  readonly url: string;
  /** `request.headers`: by lower-case name. */
  readonly headers: object;
}
