import { symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeProject, type TestProject } from './project.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A project with the plugin in its vite.config.ts, as a user has it.
 *
 * @param options source text of the plugin's options, such as `{ requireKey: true }`
 */
export async function makeViteProject(
  files: Readonly<Record<string, string>> = {},
  options = '',
): Promise<TestProject> {
  const project = await makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><title>Test</title><script type="module" src="/main.js"></script>',
    'main.js':
      'console.log(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY);',
    // Tests run in parallel: each has its own PostgreSQL port, and none finds a stack on the port of the API.
    'supabase/config.toml': '[api]\nport = 1\nauto_expose_new_tables = true\n[db]\nport = 0\n',
    ...files,
  });
  await symlink(join(REPOSITORY, 'node_modules'), join(project.root, 'node_modules'), 'junction');
  // A relative path, which Vite bundles into the config as it does with a user's own plugin.
  const plugin = relative(project.root, join(REPOSITORY, 'plugin/index.ts')).split(sep).join('/');
  await project.write(
    'vite.config.ts',
    `import supabase from './${plugin}';\nexport default { plugins: [supabase(${options})] };\n`,
  );
  return project;
}
