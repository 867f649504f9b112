import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A project folder in the temporary directory, deleted by `remove` or at the end of an `await using`. */
export interface TestProject extends AsyncDisposable {
  readonly root: string;
  /** Writes a file below the root, and creates its folders. */
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Creates a project with these files: path below the root → text. */
export async function makeProject(files: Readonly<Record<string, string>> = {}): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), 'supabase-project-'));
  // As real project folders are, so that PostgreSQL's user can enter when the tests run as root.
  await chmod(root, 0o755);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  // The tables of tests are open to the API roles unless a test says otherwise.
  const hasMigrations = Object.keys(files).some((path) => path.startsWith('supabase/migrations/'));
  const defaults = hasMigrations ? { 'supabase/config.toml': '[api]\nauto_expose_new_tables = true\n' } : {};
  for (const [path, text] of Object.entries({ ...defaults, ...files })) await write(path, text);
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 5 });
  return { root, write, remove, [Symbol.asyncDispose]: remove };
}
