import type { WatchAnswer } from '../answer/watch-upstream.ts';

/** A request for an upstream, and what the gateway does with its response. */
export interface ForwardedRequest {
  readonly url: URL;
  /** The whole request target for the upstream. */
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: string[];
  /** Milliseconds without a byte in either direction after which the upstream counts as hung. */
  readonly idleTimeout: number;
  /** Changes a response's headers (names and values alternating) before they go to the client. */
  readonly rewriteResponse: (headers: readonly string[]) => string[];
  /** The upstream's headers have arrived. */
  readonly onResponse: () => void;
  /** Looks at the answer as it passes, for those who explain it. */
  readonly watch?: WatchAnswer | undefined;
  /** No response will arrive. Not called when the client has disconnected. */
  readonly onFailure: (error: Error) => void;
}
