import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dbDump } from '../../../plugin/commands/db-dump.ts';
import { restore } from '../../../plugin/commands/restore.ts';
import { findOwner } from '../../../plugin/stack/ownership/claim.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { query } from '../databases/helpers.ts';

type Flags = Readonly<Record<string, string | boolean>>;

/** A stack that commands reach, without fsync. */
export class ReachableStack {
  readonly stack: TestStack;
  readonly #dataDir: string;

  private constructor(stack: TestStack, dataDir: string) {
    this.stack = stack;
    this.#dataDir = dataDir;
  }

  static async start(files: Readonly<Record<string, string>>): Promise<ReachableStack> {
    const dataDir = await mkdtemp(join(tmpdir(), 'dump-'));
    return new ReachableStack(await startTestStack(files, { dataDir }), dataDir);
  }

  /** Runs `db dump -f`. Returns the file. */
  async dump(name: string, flags: Flags = {}): Promise<string> {
    const file = join(this.stack.root, name);
    await dbDump.run({ args: [], flags: { ...this.#flags, file, ...flags } });
    return file;
  }

  /** Runs `restore`. */
  async restore(...files: string[]): Promise<void> {
    await restore.run({ args: files, flags: this.#flags });
  }

  /** Asks as the commands do. */
  async request(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const owner = await findOwner(this.#dataDir);
    try {
      return await owner?.request(command, args);
    } finally {
      owner?.leave();
    }
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  get #flags(): Flags {
    return { workdir: this.stack.root, 'data-dir': this.#dataDir };
  }
}

/** A hash of the rows of each table of the project, of Auth and Storage, and the state of each sequence. */
export async function contentOf(stack: TestStack): Promise<Record<string, unknown>> {
  const tables = await query(
    stack,
    `select format('%I.%I', nspname, relname) as name, relkind as kind from pg_class join pg_namespace n on n.oid = relnamespace
      where relkind in ('r', 'S', 'm') and relispopulated and nspname !~ '^(pg_|_)' and nspname not in ('information_schema',
        'realtime', 'net', 'cron', 'vault', 'supabase_migrations') and relname not in ('schema_migrations', 'migrations')
      order by 1`,
  );
  const parts = tables.map(({ name, kind }) =>
    kind === 'S'
      ? `select '${quoted(name)}' as name, last_value || ' ' || is_called as content from ${String(name)}`
      : `select '${quoted(name)}', md5(coalesce(string_agg(r::text, E'\\n' order by r::text), '')) || count(*) from only ${String(name)} r`,
  );
  const rows = await query(stack, parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, content }) => [String(name), content]));
}

function quoted(name: unknown): string {
  return String(name).replaceAll("'", "''");
}
