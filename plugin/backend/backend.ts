import type { GatewayTarget } from '../gateway/target.ts';
import type { SupabaseDevError } from '../shared/errors.ts';
import type { Observations } from '../shared/observations.ts';

/** Where Supabase runs: the CLI's Docker stack, any other Supabase by URL, or in this process. */
export type BackendKind = 'local' | 'remote' | 'embedded';

/** A chosen and usable backend. */
export interface Backend {
  readonly kind: BackendKind;
  /** Why it was chosen, for the banner: `SUPABASE_URL is set`, `no other Supabase: …`. */
  readonly reason: string;
  /** Where requests go now; another object after a reset, or when another process's stack is taken over. */
  target(): GatewayTarget | Promise<GatewayTarget>;
  /** What gateway and services refuse, answer without rows or do not deliver. */
  readonly observations: Observations;
  /** URL of the database as `postgres`; undefined where this backend gives none, or does not run. */
  databaseUrl?(): string | undefined;
  /** Lines for the banner, each a short label and its value. */
  describe(): readonly BannerLine[];
  /** Applies new migrations and returns their versions; only where this process owns the database. */
  migrate?(): Promise<readonly string[]>;
  /**
   * Calls `listener` when an edge function does not start, and without an error once it starts again; only where this
   * process runs the functions. Returns how to stop it.
   */
  onFunctionFailure?(listener: FunctionFailureListener): () => void;
  /** Waits for probes and, if it is embedded, stops the stack. */
  close(): Promise<void>;
}

export type FunctionFailureListener = (slug: string, error: SupabaseDevError | undefined) => void;

/** The keys that code of the page may have. */
export interface PageKeys {
  readonly publishableKey?: string;
  readonly anonKey?: string;
}

export interface BannerLine {
  readonly label: string;
  /** A value that begins with `/` is a path on the dev server's origin. */
  readonly value: string;
}
