import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { query } from './helpers.ts';

// By hand: EDITS=500 npx vitest run test/stack/databases/random-edits.test.ts --project stack
const EDITS = Number(process.env.EDITS ?? 6);

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

/** A migration file that makes one table. */
interface File {
  version: number;
  readonly table: string;
  columns: string[];
}

/** The files of a project, and what the database should have. */
class Files {
  readonly #dir: string;
  #made = 0;
  files: File[] = [];

  constructor(root: string) {
    this.#dir = join(root, 'supabase/migrations');
  }

  #path({ version, table }: File): string {
    return join(this.#dir, `${version}_${table}.sql`);
  }

  async write(file: File, rest = ''): Promise<void> {
    const columns = ['id int primary key', ...file.columns.map((name) => `${name} text`)].join(', ');
    await writeFile(this.#path(file), `create table ${file.table} (${columns});${rest}`);
  }

  async add(): Promise<void> {
    this.#made += 1;
    const file = { version: 1000 + this.#made, table: `t${this.#made}`, columns: ['a'] };
    this.files.push(file);
    await this.write(file);
  }

  async edit(): Promise<void> {
    const file = pick(this.files);
    const column = `c${Math.floor(Math.random() * 3)}`;
    const others = file.columns.filter((name) => name !== column);
    file.columns = others.length < file.columns.length ? others : [...others, column];
    await this.write(file);
  }

  async move(): Promise<void> {
    const file = pick(this.files);
    const before = this.#path(file);
    file.version += 100_000;
    await rename(before, this.#path(file));
  }

  async remove(): Promise<string | undefined> {
    if (this.files.length < 3) return undefined;
    const file = pick(this.files);
    this.files = this.files.filter((other) => other !== file);
    await rm(this.#path(file));
    return file.table;
  }

  /** Saves a file with an error, lets it be used, and saves it again as it was. */
  async breakOne(use: () => Promise<void>): Promise<void> {
    const file = pick(this.files);
    await this.write(file, pick([' create tabl', ' select nothing from nowhere;', ' drop table missing;']));
    await use();
    await this.write(file);
  }

  describe(): Record<string, string[]> {
    return Object.fromEntries(
      this.files.map(({ table, columns }) => [table, ['id', ...columns].toSorted()]).toSorted(),
    ) as Record<string, string[]>;
  }
}

/** Inserts rows until it is stopped, and knows which ones were committed. */
class Writer {
  readonly #stack: TestStack;
  readonly #tables: () => string[];
  readonly #stopped = new AbortController();
  readonly committed = new Map<string, number[]>();
  readonly #running: Promise<void>;

  constructor(stack: TestStack, tables: () => string[]) {
    this.#stack = stack;
    this.#tables = tables;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    let client: pg.Client | undefined;
    for (let id = 1; !this.#stopped.signal.aborted; id++) {
      const table = pick(this.#tables());
      try {
        if (!client) {
          client = new pg.Client(this.#stack.dbUrl);
          client.on('error', () => {});
          await client.connect();
        }
        await client.query(`insert into ${table} (id) values ($1)`, [id]);
        this.committed.set(table, [...(this.committed.get(table) ?? []), id]);
      } catch (error) {
        // The table is being built, or the connection was ended by an exchange.
        if (!(error instanceof pg.DatabaseError) || error.code !== '42P01') {
          await client?.end().catch(() => {});
          client = undefined;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await client?.end();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}

test(
  'whatever is edited, the database equals its files, and no committed row of a table that stays is lost',
  { timeout: 60_000 + EDITS * 20_000 },
  async () => {
    await using stack = await startTestStack({
      'supabase/migrations/1_first.sql': 'create table first (id int primary key);',
    });
    const files = new Files(stack.root);
    for (let index = 0; index < 3; index++) await files.add();
    await stack.sync();
    const writer = new Writer(stack, () => files.files.map(({ table }) => table));
    const check = async (): Promise<void> => {
      const rows = await query(
        stack,
        `select table_name as name, array_agg(column_name::text order by column_name::text) as columns
        from information_schema.columns where table_schema = 'public' and table_name like 't%' group by 1`,
      );
      expect(Object.fromEntries(rows.map(({ name, columns }) => [name, columns]))).toEqual(files.describe());
    };
    const checkRefusal = async (): Promise<void> => {
      await expect(stack.sync()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      await check();
    };
    for (let edit = 0; edit < EDITS; edit++) {
      const kind = pick(['add', 'edit', 'edit', 'edit', 'move', 'remove', 'break', 'several'] as const);
      if (kind === 'break') {
        await files.breakOne(checkRefusal);
      } else if (kind === 'several') {
        for (const change of [() => files.edit(), () => files.add(), () => files.move()]) await change();
      } else {
        const removed = await files[kind]();
        if (removed !== undefined) writer.committed.delete(removed);
      }
      await stack.sync();
      await check();
      for (const { table } of files.files) {
        const committed = [...(writer.committed.get(table) ?? [])];
        const rows = await query(stack, `select id from ${table}`);
        expect(rows.map((row) => row.id)).toEqual(expect.arrayContaining(committed));
      }
    }
    await writer.stop();
  },
);
