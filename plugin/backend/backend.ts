import type { GatewayTarget } from '../gateway/target.ts';

/** Where Supabase runs: the CLI's Docker stack, any other Supabase by URL, or in this process. */
export type BackendKind = 'local' | 'remote' | 'embedded';

/** A chosen and usable backend. */
export interface Backend {
  readonly kind: BackendKind;
  /** Why it was chosen, as half a sentence: `SUPABASE_URL is set`, `no other Supabase was found`. */
  readonly reason: string;
  /** Where requests go now; another object after a reset, or when another process's stack is taken over. */
  target(): GatewayTarget | Promise<GatewayTarget>;
  /** Lines for the banner, each a short label and its value. */
  describe(): readonly BannerLine[];
  /** Applies new migrations and gives their versions; only where this process owns the database. */
  migrate?(): Promise<readonly string[]>;
  /** Ends what the backend holds: probes and, if it is embedded, the stack. */
  close(): Promise<void>;
}

export interface BannerLine {
  readonly label: string;
  /** A path is one of the dev server's own origin. */
  readonly value: string;
}
