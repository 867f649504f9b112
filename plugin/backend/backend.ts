import type { GatewayTarget } from '../gateway/target.ts';
import type { SupabaseDevError } from '../shared/errors.ts';
import type { Observations } from '../shared/observations.ts';
import type { CopyReport } from '../stack/postgres/databases/copy/copy-data.ts';
import type { AskStack } from './shortcuts.ts';
import type { Drift } from '../stack/postgres/databases/drift.ts';

/** Where Supabase runs: the CLI's Docker stack, any other Supabase by URL, or in this process. */
export type BackendKind = 'local' | 'remote' | 'embedded';

/** A chosen and usable backend. */
export interface Backend {
  readonly kind: BackendKind;
  /** Why it was chosen, for the banner: `SUPABASE_URL is set`, `no other Supabase: …`. */
  readonly reason: string;
  /** Where requests go now; another object when another process's stack is taken over. */
  target(): GatewayTarget | Promise<GatewayTarget>;
  /** What gateway and services refuse, answer without rows or do not deliver. */
  readonly observations: Observations;
  /** URL of the database as `postgres`; undefined where this backend gives none, or does not run. */
  databaseUrl?(): string | undefined;
  /** Path of PostgreSQL's log; undefined where it is not on this machine. */
  readonly logFile?: string;
  /** The schemas that its API exposes; undefined where `databaseUrl` is. */
  readonly exposedSchemas?: readonly string[];
  /** Lines for the banner, each a short label and its value. */
  describe(): readonly BannerLine[];
  /**
   * Asks the process that runs the stack, as commands do (embedded/requests.ts); absent where no process of this package
   * does.
   *
   * @throws as that process did
   */
  readonly request?: AskStack;
  /** Brings the database to the project's files; undefined where another process owns the database. */
  sync?(): Promise<SyncResult | undefined>;
  /**
   * Calls `listener` when the schema may have changed: migrations were applied, or another database is the live one (a
   * reset, a rebuild); only where this process runs the stack. Returns how to stop it.
   */
  onSchemaChange?(listener: () => void): () => void;
  /**
   * A complete stack of its own on a copy of migrations and seed; undefined where this backend has none.
   *
   * @throws SupabaseDevError MIGRATION_FAILED
   */
  fork?(): Promise<BackendFork>;
  /**
   * Calls `listener` when an edge function does not start, and without an error once it starts again; only where this
   * process runs the functions. Returns how to stop it.
   */
  onFunctionFailure?(listener: FunctionFailureListener): () => void;
  /** Waits for probes and, if it is embedded, stops the stack. */
  close(): Promise<void>;
}

/** A stack of its own beside the backend's, with the same keys. */
export interface BackendFork {
  /** Origin of its API. */
  readonly url: string;
  /** Another one after a reset. */
  readonly dbUrl: string;
  /** Where a gateway sends requests, for each of them. */
  target(): GatewayTarget | Promise<GatewayTarget>;
  /** Starts again from migrations and seed, at the same address. @throws SupabaseDevError MIGRATION_FAILED */
  reset(): Promise<void>;
  /** Ends it and deletes its data. */
  close(): Promise<void>;
}

/** What it took to bring the database to the project's files. */
export interface SyncResult {
  /** Versions of new migrations that were applied, in order. */
  readonly applied: readonly string[];
  /** Why and how the database was built again from all files. */
  readonly rebuilt?: Rebuild;
}

export interface Rebuild extends Drift, CopyReport {
  /** The schema had been changed without a migration, and those changes are gone. */
  readonly isChangedByHand: boolean;
  /** The snapshot of the database before, kept when some of its data has no place in the new one. */
  readonly snapshot?: string;
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
