import { randomUUID } from 'node:crypto';
import {
  appendFile,
  chmod,
  chown,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { findBinaries } from '../../../plugin/stack/postgres/binaries.ts';
import { openDataDir } from '../../../plugin/stack/postgres/data-dir.ts';
import { userCacheDir } from '../../../plugin/stack/postgres/installation.ts';
import { startPostgres, type Postgres } from '../../../plugin/stack/postgres/postgres.ts';
import { resolveRunAs } from '../../../plugin/stack/postgres/run-as.ts';
import { templateName } from '../../../plugin/stack/postgres/template/template-name.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

const isRoot = process.getuid?.() === 0;

/** Gives each test a schema, and so a template, of its own. */
let schemaDirs: string[] = [];
let home = '';
beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'template-test-'));
  await writeFile(join(dir, '0001_mine.sql'), `create table _stack.mine (id int); -- ${randomUUID()}`);
  schemaDirs = [dir];
  const runAs = resolveRunAs();
  const project = await makeProject();
  const { shared } = await openDataDir(project.root, runAs);
  const binaries = await findBinaries(undefined, runAs, shared);
  home = join(runAs ? shared : userCacheDir(), await templateName({ binaries, schemaDirs }));
  await project.remove();
  onTestEnd(async () => {
    await rm(dir, { recursive: true });
    await rm(home, { recursive: true, force: true });
  });
});

interface Started {
  readonly postgres: Postgres;
  readonly dataDir: string;
  readonly password: string;
  /** The same for all copies of one template, another one for each run of initdb. */
  readonly identity: unknown;
}

async function start(root?: string): Promise<Started> {
  const project = root === undefined ? await makeProject() : undefined;
  if (project) onTestEnd(() => project.remove());
  const dataDir = join(root ?? project?.root ?? '', '.supabase');
  const postgres = await startPostgres({
    config: await loadConfig(dirname(dataDir)),
    dataDir,
    port: { exact: 0 },
    ephemeral: true,
    schemaDirs,
    logger: silentLogger,
  });
  onTestEnd(() => postgres.stop(false));
  const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim();
  const client = new pg.Client(postgres.database.connection('supabase_admin'));
  await client.connect();
  const { rows } = await client.query(
    'select system_identifier::text, to_regclass($1)::text from pg_control_system()',
    ['_stack.mine'],
  );
  await client.end();
  expect(rows[0]).toMatchObject({ to_regclass: '_stack.mine' });
  return { postgres, dataDir, password, identity: rows[0].system_identifier };
}

async function canLogIn({ database }: Postgres, user: string, password: string): Promise<boolean> {
  const client = new pg.Client({
    host: database.host,
    port: database.port,
    database: 'postgres',
    user,
    password,
  });
  client.on('error', () => {});
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

test('all projects get copies of one template, each with a password of its own for every role', async () => {
  const first = await start();
  const second = await start();
  expect(second.identity).toBe(first.identity);
  const template = (await readFile(join(home, 'postgres.password'), 'utf8')).trim();
  expect(new Set([first.password, second.password, template]).size).toBe(3);
  for (const role of ['supabase_admin', 'authenticator', 'supabase_auth_admin', 'supabase_storage_admin']) {
    expect(await canLogIn(second.postgres, role, second.password)).toBe(true);
    expect(await canLogIn(second.postgres, role, first.password)).toBe(false);
    expect(await canLogIn(second.postgres, role, template)).toBe(false);
  }
  expect(await readdir(second.dataDir)).not.toContain('postgres.password.template');
});

test('only its user can read the template', async () => {
  await start();
  expect((await stat(home)).mode & 0o777).toBe(isRoot ? 0o711 : 0o700);
  expect((await stat(join(home, 'postgres'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(home, 'postgres.password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(home, 'manifest.json'))).mode & 0o777).toBe(0o600);
});

test('processes that make it at the same time leave one', async () => {
  const started = await Promise.all([start(), start(), start()]);
  expect(new Set(started.map(({ identity }) => identity)).size).toBe(1);
  const names = (await readdir(dirname(home))).filter((name) => name.startsWith(basename(home)));
  expect(names).toEqual([basename(home)]);
});

describe('a template that is not as it was made', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['a file is shorter', () => truncate(join(home, 'postgres/global/pg_control'), 10)],
    ['a file is missing', () => rm(join(home, 'postgres/base/1/1259'))],
    ['a file is longer', () => appendFile(join(home, 'postgres/postgresql.conf'), '\nport = 1\n')],
    [
      'a byte is another one',
      async () => {
        const file = join(home, 'postgres/base/1/1259');
        const content = await readFile(file);
        content[100] = 255;
        await writeFile(file, content);
      },
    ],
    ['the list is no JSON', () => writeFile(join(home, 'manifest.json'), '{"dirs":')],
    ['the list is missing', () => rm(join(home, 'manifest.json'))],
    ['the password is missing', () => rm(join(home, 'postgres.password'))],
  ])('is not used but removed, so that the next start makes it again: %s', async (_title, damage) => {
    const first = await start();
    await damage();
    const second = await start();
    expect(second.identity).not.toBe(first.identity);
    await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test
    .skipIf(process.platform === 'win32')
    .each<[string, () => Promise<void>]>([
      ['others may write to it', () => chmod(home, 0o777)],
      ['its group may write to it', () => chmod(home, 0o775)],
      ...(isRoot
        ? [['it belongs to somebody else', () => chown(home, 65534, 65534)] as [string, () => Promise<void>]]
        : []),
    ])('is not used when %s', async (_title, give) => {
    const first = await start();
    await give();
    const second = await start();
    expect(second.identity).not.toBe(first.identity);
  });
});

test.each(['before', 'after'])(
  'a start that ended just %s the change of password is completed by the next one',
  async (when) => {
    const { postgres, dataDir } = await start();
    const template = await readFile(join(home, 'postgres.password'), 'utf8');
    if (when === 'before') {
      const admin = new pg.Client(postgres.database.connection('supabase_admin'));
      await admin.connect();
      await admin.query(`alter role supabase_admin password '${template.trim()}'`);
      await admin.end();
    }
    await postgres.stop(false);
    await writeFile(join(dataDir, 'postgres.password.template'), template);
    const again = await start(dirname(dataDir));
    expect(await canLogIn(again.postgres, 'supabase_admin', again.password)).toBe(true);
    expect(await readdir(dataDir)).not.toContain('postgres.password.template');
  },
);
