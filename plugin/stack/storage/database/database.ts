// Storage v1.70.6 src/internal/database/postgres/scope.ts
import { decodeJwt } from 'jose';
import type pg from 'pg';
import type { StackContext } from '../../context.ts';
import type { Caller, RequestScope } from './request-scope.ts';

/** One connection inside a transaction. */
export type Transaction = Pick<pg.ClientBase, 'query'>;

const MAX_CONNECTIONS = 10;
const STATEMENT_TIMEOUT = 30_000;

const SET_SCOPE = `select set_config('role', $1, true), set_config('request.jwt.claim.role', $1, true),
  set_config('request.jwt', $2, true), set_config('request.jwt.claim.sub', $3, true),
  set_config('request.jwt.claims', $4, true), set_config('request.headers', $5, true),
  set_config('request.method', $6, true), set_config('request.path', $7, true),
  set_config('storage.operation', $8, true), set_config('storage.allow_delete_query', 'true', true),
  set_config('statement_timeout', '30s', true), set_config('search_path', 'storage,public,extensions', true)`;

/** The database as the service uses it: as the caller under row level security, or as the service role. */
export class StorageDatabase {
  readonly #pool: pg.Pool;
  readonly #service: Caller;

  constructor(context: StackContext) {
    this.#pool = context.database.createPool('supabase_storage_admin', {
      max: MAX_CONNECTIONS,
      // Queries sent without waiting for each other share a round trip.
      pipeline: true,
      // The same limit as in every scope: a statement that sets its own scope has already started.
      statement_timeout: STATEMENT_TIMEOUT,
      // Prepared while a table is small, a statement would go on to read all of it until PostgreSQL has new statistics.
      options: '-c enable_seqscan=off',
    });
    const claims = decodeJwt(context.keys.serviceRoleKey);
    this.#service = {
      authenticated: true,
      role: 'service_role',
      claims: { ...claims, role: 'service_role' },
      jwt: context.keys.serviceRoleKey,
      owner: undefined,
    };
  }

  /**
   * Runs one statement as the owner of schema `storage`, bypassing row level security: for lookups that decide how a
   * request is handled.
   *
   * @param name name of the prepared statement
   */
  async read<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    return (await this.#pool.query<R>({ name, text, values })).rows;
  }

  /**
   * Runs one statement that sets the scopes of caller and service role itself.
   *
   * @param query `$1` is the scope as `_stack.store_object` takes it, `$2` is `argument` as JSON
   */
  async withScopes<R extends pg.QueryResultRow>(
    scope: RequestScope,
    query: { readonly name: string; readonly text: string; readonly argument: object },
  ): Promise<R[]> {
    const { name, text, argument } = query;
    const scopes = {
      caller: callerSettings(scope.caller),
      service: callerSettings(this.#service),
      headers: JSON.stringify(scope.headers),
      method: scope.method,
      path: scope.url,
      operation: scope.operation,
    };
    const values = [JSON.stringify(scopes), JSON.stringify(argument)];
    return (await this.#pool.query<R>({ name, text, values })).rows;
  }

  /** Runs a transaction with the caller's role and claims. */
  asCaller<T>(scope: RequestScope, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#run(scope, scope.caller, work, 'commit');
  }

  /** Runs a transaction as `service_role`, which bypasses row level security; triggers see its claims. */
  asService<T>(scope: RequestScope, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#run(scope, this.#service, work, 'commit');
  }

  /** Runs a transaction as the caller and rolls it back: it fails exactly if the policies forbid the work. */
  async probe(scope: RequestScope, work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    await this.#run(scope, scope.caller, work, 'rollback');
  }

  /** Whether the database flushes commits to disk; an ephemeral one does not. */
  async isDurable(): Promise<boolean> {
    const { rows } = await this.#pool.query<{ fsync: string }>('show fsync');
    return rows[0]?.fsync === 'on';
  }

  /** The subset of these versions that belongs to an object. */
  async knownVersions(versions: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.#pool.query<{ version: string }>(
      'select version from storage.objects where version = any($1::text[])',
      [versions],
    );
    return new Set(rows.map((row) => row.version));
  }

  async hasMultipartUpload(id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query('select from storage.s3_multipart_uploads where id = $1', [
      id,
    ]);
    return rowCount === 1;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #run<T>(
    scope: RequestScope,
    caller: Caller,
    work: (transaction: Transaction) => Promise<T>,
    finish: 'commit' | 'rollback',
  ): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      // All three are sent at once: if the scope fails, the transaction is aborted and nothing after it runs.
      const opened = client.query('begin');
      const scoped = client.query({ name: 'set-scope', text: SET_SCOPE, values: scopeValues(scope, caller) });
      const working = work(client);
      for (const promise of [opened, scoped, working]) promise.catch(() => {});
      await opened;
      await scoped;
      const result = await working;
      await client.query(finish);
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

function scopeValues(scope: RequestScope, caller: Caller): string[] {
  const { role, jwt, sub, claims } = callerSettings(caller);
  return [role, jwt, sub, claims, JSON.stringify(scope.headers), scope.method, scope.url, scope.operation];
}

/** The settings of a caller as text: `jsonb` would reorder claims that policies may read as text. */
function callerSettings({
  role,
  jwt,
  owner = '',
  claims,
}: Caller): Record<'role' | 'jwt' | 'sub' | 'claims', string> {
  return { role, jwt, sub: owner, claims: JSON.stringify(claims) };
}
