import type { GatewayKeys } from '../gateway/target.ts';

/** What the tools work on: a project's files, its database, and the process that runs its stack. */
export interface AgentProject {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  /** Origin of the API, as apps use it. */
  readonly url: string;
  readonly keys: GatewayKeys;
  /** The schemas that the API exposes. */
  readonly exposedSchemas: readonly string[];
  /** URL of the database as `postgres`; undefined where the backend gives none. */
  readonly databaseUrl: string | undefined;
  /** Asks the process that runs the stack (backend/embedded/requests.ts). @throws as that process did */
  request(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** The project as it is now: another process may have taken its stack over since the last call. */
export type FindProject = () => Promise<AgentProject>;

/** The database of a project. @throws Error where the backend gives none */
export function databaseOf({ databaseUrl }: AgentProject): string {
  if (databaseUrl !== undefined) return databaseUrl;
  throw new Error(
    'This backend gives no access to its database: use the MCP server of that Supabase project.',
  );
}
