import { chmod, cp, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { isAlive } from '../../../plugin/stack/postgres/server-process.ts';
import {
  startPostgres,
  type Postgres,
  type PostgresOptions,
} from '../../../plugin/stack/postgres/postgres.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function project(files?: Record<string, string>): Promise<TestProject> {
  const made = await makeProject(files);
  cleanUps.push(() => made.remove());
  return made;
}

async function start(
  { root }: TestProject,
  options: Partial<Pick<PostgresOptions, 'port' | 'ephemeral' | 'skipExtensions' | 'logger'>> = {},
): Promise<Postgres> {
  const postgres = await startPostgres({
    config: await loadConfig(root),
    dataDir: join(root, '.supabase'),
    port: options.port ?? { exact: 0 },
    ephemeral: options.ephemeral ?? true,
    skipExtensions: options.skipExtensions,
    schemaDirs: [],
    logger: options.logger ?? silentLogger,
  });
  cleanUps.push(() => postgres.stop(false));
  return postgres;
}

async function query(postgres: Postgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(postgres.database.url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

describe('startPostgres', () => {
  test('runs PostgreSQL 17 with the roles of Supabase; postgres is not a superuser', async () => {
    const postgres = await start(await project());
    const [row] = await query(
      postgres,
      `select current_setting('server_version_num')::int / 10000 as major, rolsuper, rolbypassrls
       from pg_roles where rolname = current_user`,
    );
    expect(row).toEqual({ major: 17, rolsuper: false, rolbypassrls: true });
  });

  test('works without a supabase folder', async () => {
    expect((await start(await project())).migrations).toMatchObject({ applied: [], total: 0 });
  });

  test('keeps data over a restart, applies only new migrations and seeds once', async () => {
    const app = await project({
      'supabase/migrations/20260101000000_items.sql': 'create table items (id int primary key);',
      'supabase/seed.sql': 'insert into items values (1);',
    });
    const first = await start(app);
    expect(first.migrations.applied).toEqual(['20260101000000']);
    await query(first, 'insert into items values (2)');
    await first.stop(false);

    await app.write('supabase/migrations/20260102000000_more.sql', 'alter table items add column name text;');
    const second = await start(app);
    expect(second.migrations).toMatchObject({ applied: ['20260102000000'], total: 2 });
    expect(await query(second, 'select id, name from items order by id')).toEqual([
      { id: 1, name: null },
      { id: 2, name: null },
    ]);
    const recorded = 'select version, name, statements from supabase_migrations.schema_migrations order by 1';
    expect((await query(second, recorded))[0]).toEqual({
      version: '20260101000000',
      name: 'items',
      statements: ['create table items (id int primary key)'],
    });
  });

  test('reports file, line and hint of a broken migration and keeps the earlier ones', async () => {
    const app = await project({
      'supabase/migrations/1_good.sql': 'create table items (id int primary key);',
      'supabase/migrations/2_bad.sql': 'create table more (id int);\n\nselect nothing\n  from nowhere;',
    });
    await expect(start(app, { ephemeral: false })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/2_bad\.sql:4:8: relation "nowhere" does not exist \(SQLSTATE 42P01\)/),
      location: { line: 4, column: 8, frame: expect.stringContaining('> 4 |   from nowhere;') },
    });
    await app.write('supabase/migrations/2_bad.sql', 'create table more (id int);');
    expect((await start(app)).migrations.applied).toEqual(['2']);
  });

  test('suggests binDir when a migration needs an extension that is missing', async () => {
    const app = await project({ 'supabase/migrations/1_postgis.sql': 'create extension postgis;' });
    await expect(start(app)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      hint: expect.stringMatching(/no extension "postgis".*skipExtensions.*binDir/),
    });
  });

  test('creates an extension that needs a superuser on behalf of role postgres, as on Supabase', async () => {
    const app = await project({
      'supabase/migrations/1_fdw.sql':
        'create extension if not exists postgres_fdw with schema extensions; select 1;',
    });
    const postgres = await start(app);
    expect(
      await query(postgres, `select extname from pg_extension where extname = 'postgres_fdw'`),
    ).toHaveLength(1);
  });

  test('skips an extension that may be missing, and logs it', async () => {
    const app = await project({
      'supabase/migrations/1_postgis.sql': 'create extension postgis;\ncreate table items (id int);',
    });
    const logged: string[] = [];
    const logger = { ...silentLogger, info: (text: string) => logged.push(text) };
    const postgres = await start(app, { skipExtensions: ['postgis'], logger });
    expect(postgres.migrations.applied).toEqual(['1']);
    expect(logged).toEqual([expect.stringContaining('no extension "postgis"')]);
  });

  test('falls back to a free port when the preferred one is in use, and fails when the port is exact', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as { port: number };
    const app = await project();
    await expect(start(app, { port: { exact: port } })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    expect((await start(app, { port: { preferred: port } })).database.port).not.toBe(port);
  });

  test('stops the server that a killed process left behind', async () => {
    const app = await project();
    const orphan = await start(app);
    const orphanPid = orphan.pid();
    await query(orphan, 'create table kept (id int)');
    const next = await start(app);
    expect(isAlive(orphanPid)).toBe(false);
    expect(await query(next, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: 'kept' }]);
  });

  test('removes a postmaster.pid whose process id another program has now', async () => {
    const app = await project();
    await (await start(app)).stop(false);
    await writeFile(join(app.root, '.supabase/postgres/postmaster.pid'), `${process.ppid}\n`);
    expect((await start(app)).pid()).toBeGreaterThan(0);
  });

  test('restarts PostgreSQL when it is killed, and logs a warning', async () => {
    let warned: (message: string) => void = () => {};
    const warning = new Promise<string>((resolve) => (warned = resolve));
    const postgres = await start(await project(), {
      logger: { ...silentLogger, warn: (text) => warned(text) },
    });
    const pid = postgres.pid();
    process.kill(pid, 'SIGKILL');
    expect(await warning).toMatch(/ended unexpectedly \(SIGKILL\)/);
    await expect
      .poll(() => query(postgres, 'select 1 as one').catch(() => undefined), { timeout: 20_000 })
      .toEqual([{ one: 1 }]);
    expect(postgres.pid()).not.toBe(pid);
  });

  test('rejects data of another major version', async () => {
    const app = await project();
    await (await start(app)).stop(false);
    await writeFile(join(app.root, '.supabase/postgres/PG_VERSION'), '16\n');
    await expect(start(app)).rejects.toMatchObject({
      code: 'POSTGRES_VERSION',
      hint: expect.stringContaining('binDir'),
    });
  });

  test('ignores its data directory in git and deletes it on request', async () => {
    const app = await project();
    const postgres = await start(app);
    expect(await readFile(join(app.root, '.supabase/.gitignore'), 'utf8')).toBe('*\n');
    await postgres.stop(true);
    await expect(readFile(join(app.root, '.supabase/.gitignore'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.skipIf(process.platform === 'win32')(
    'keeps other users out of all data, also of what an older version made',
    async () => {
      const app = await project({
        '.supabase/storage/secret.txt': 'x',
        '.supabase/keys.json': '{}',
        '.supabase/postgres.log': '',
      });
      const dataDir = join(app.root, '.supabase');
      await chmod(dataDir, 0o777);
      await chmod(join(dataDir, 'storage'), 0o755);
      await symlink(app.root, join(dataDir, 'link'));
      await (await start(app)).stop(false);
      const modes = (await readdir(dataDir))
        .filter((name) => name !== 'link')
        .map(async (name) => [name, ((await stat(join(dataDir, name))).mode & 0o077).toString(8)]);
      expect(Object.fromEntries(await Promise.all(modes))).toEqual({
        '.gitignore': '0',
        'keys.json': '0',
        postgres: '0',
        'postgres.log': '0',
        'postgres.password': '0',
        storage: '0',
      });
      // Root's PostgreSQL runs as another user, which has to pass through.
      const isRoot = process.getuid?.() === 0;
      expect((await stat(dataDir)).mode & 0o777).toBe(isRoot ? 0o711 : 0o700);
      expect((await stat(app.root)).mode & 0o777).toBe(0o755);
    },
  );

  test.runIf(process.getuid?.() === 0)(
    'as root, a copy of a project has a cluster of its own, and a moved project keeps its cluster',
    async () => {
      const app = await project();
      await chmod(app.root, 0o700);
      const first = await start(app, { ephemeral: false });
      await query(first, 'create table kept (id int)');
      const copied = await project();
      await cp(join(app.root, '.supabase'), join(copied.root, '.supabase'), { recursive: true });
      await chmod(copied.root, 0o700);
      const copy = await start(copied);
      expect(isAlive(first.pid())).toBe(true);
      expect(await query(copy, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: null }]);
      await copy.stop(true);
      await first.stop(false);

      const moved = await project();
      await rename(join(app.root, '.supabase'), join(moved.root, '.supabase'));
      await chmod(moved.root, 0o700);
      const again = await start(moved);
      cleanUps.push(() => again.stop(true));
      expect(await query(again, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: 'kept' }]);
    },
  );

  test.runIf(process.getuid?.() === 0)(
    'as root, works in a folder that no other user can enter',
    async () => {
      const app = await project();
      await chmod(app.root, 0o700);
      const postgres = await start(app);
      await query(postgres, 'create table kept (id int)');
      await postgres.stop(false);
      const again = await start(app);
      cleanUps.push(() => again.stop(true));
      expect(await query(again, `select to_regclass('kept')::text as kept`)).toEqual([{ kept: 'kept' }]);
    },
  );

  test.runIf(process.getuid?.() !== 0)('reports the folder that it cannot write to', async () => {
    const app = await project();
    await mkdir(join(app.root, '.supabase'), { mode: 0o500 });
    await expect(start(app)).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' });
  });
});
