import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FollowedStack } from '../../../plugin/commands/followed-stack.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const FILE = 'supabase/migrations/1_items.sql';
const config = (maxRows: number): string =>
  `[api]\nauto_expose_new_tables = true\nmax_rows = ${maxRows}\n[db]\nport = 0\n`;

let project: TestProject;
let stack: FollowedStack;
let said = '';

beforeAll(async () => {
  project = await makeProject({ 'supabase/config.toml': config(100) });
  await rm(join(project.root, 'supabase'), { recursive: true });
  stack = await FollowedStack.start({
    root: project.root,
    port: 0,
    dbPort: 0,
    dataDir: join(project.root, '.supabase'),
    config: { api: { auto_expose_new_tables: true } },
  });
});
afterAll(async () => {
  await stack.stop();
  await project.remove();
});

beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (said += String(text)) !== '');
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Waits until a request answers so. */
async function expectRows(path: string, expected: unknown): Promise<void> {
  const read = async (): Promise<unknown> => {
    const { url, secretKey } = stack.address;
    const response = await fetch(`${url}/rest/v1/${path}`, { headers: { apikey: secretKey } }).catch(
      () => undefined,
    );
    return response?.ok === true ? response.json() : response?.status;
  };
  await expect.poll(read, { timeout: 25_000, interval: 100 }).toEqual(expected);
}

describe.sequential('the command start follows', () => {
  test('a folder supabase that is created later, with its first migration', async () => {
    await project.write(FILE, 'create table items (id int primary key); insert into items values (1), (2);');
    await expectRows('items', [{ id: 1 }, { id: 2 }]);
    await expect.poll(() => said, { timeout: 25_000 }).toContain('applied 1 new migration(s): 1');
  });

  test('an edited migration and a broken one, with the types of the database', async () => {
    const types = join(project.root, 'src/database.types.ts');
    await project.write('src/database.types.ts', 'export type Json = string\nexport type Database = {}\n');
    await writeFile(join(project.root, FILE), 'create table items (id int primary key, n int);');
    await expectRows('items', [
      { id: 1, n: null },
      { id: 2, n: null },
    ]);
    await expect.poll(() => said, { timeout: 25_000 }).toContain('built the database again');
    await expect.poll(() => readFile(types, 'utf8'), { timeout: 25_000 }).toContain('n: number | null');
    await project.write('supabase/migrations/2_bad.sql', 'create tabl');
    await expect
      .poll(() => said, { timeout: 25_000 })
      .toMatch(/2_bad\.sql:1:\d+: syntax error.*MIGRATION_FAILED/);
    await expectRows('items?select=id', [{ id: 1 }, { id: 2 }]);
    await rm(join(project.root, 'supabase/migrations/2_bad.sql'));
  }, 90_000);

  test('settings, at the same address, and waits while they are wrong', async () => {
    const { url, dbUrl } = stack.address;
    await project.write('supabase/config.toml', config(1));
    await expectRows('items?select=id', [{ id: 1 }]);
    await project.write('supabase/config.toml', '[api]\nmax_rows = "many"\n');
    await expect
      .poll(() => said, { timeout: 25_000 })
      .toMatch(/config\.toml:2:\d+: api\.max_rows.*CONFIG_INVALID/);
    await project.write('supabase/config.toml', config(2));
    await expectRows('items?select=id', [{ id: 1 }, { id: 2 }]);
    expect(stack.address).toMatchObject({ url, dbUrl });
  }, 90_000);
});
