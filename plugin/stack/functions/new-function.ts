import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode, SupabaseDevError } from '../../shared/errors.ts';
import { SLUG } from './definitions.ts';

export interface NewFunctionOptions {
  /** Folder that holds `supabase/`. */
  readonly root: string;
  readonly name: string;
  /** Without `@supabase/server`: `Deno.serve` alone. */
  readonly plain: boolean;
}

/**
 * Creates a function in `supabase/functions`, which `supabase functions deploy` takes as it is.
 *
 * @returns the paths of the files, relative to `root`
 * @throws SupabaseDevError USAGE for a name that no function can have, or that one has already
 */
export async function newFunction({ root, name, plain }: NewFunctionOptions): Promise<readonly string[]> {
  if (!SLUG.test(name)) {
    throw new SupabaseDevError('USAGE', `"${name}" cannot be the name of a function`, {
      hint: 'Use letters, digits, - and _, and begin with a letter or digit.',
    });
  }
  const folder = join('supabase', 'functions', name);
  await mkdir(join(root, folder), { recursive: true });
  const files = {
    [join(folder, 'index.ts')]: plain ? PLAIN : WITH_SUPABASE,
    [join(folder, 'deno.json')]: denoJson(plain),
  };
  for (const [path, text] of Object.entries(files)) {
    await writeFile(join(root, path), text, { flag: 'wx' }).catch((error: unknown) => {
      if (!hasErrorCode(error, 'EEXIST')) throw error;
      throw new SupabaseDevError('USAGE', `${path} exists already`);
    });
  }
  if (plain) return Object.keys(files);
  const config = join('supabase', 'config.toml');
  await openToAll(join(root, config), name);
  return [...Object.keys(files), config];
}

/** `withSupabase` checks who calls, so that the runtime need not ask for a JWT before. */
async function openToAll(file: string, name: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.includes(`[functions.${name}]`)) return;
  const separator = text === '' || text.endsWith('\n\n') ? '' : '\n';
  await appendFile(file, `${separator}[functions.${name}]\nverify_jwt = false\n`);
}

function denoJson(plain: boolean): string {
  const imports = {
    '@supabase/functions-js': 'jsr:@supabase/functions-js@^2',
    ...(!plain && { '@supabase/server': 'npm:@supabase/server@^1' }),
  };
  return `${JSON.stringify({ imports }, null, 2)}\n`;
}

const WITH_SUPABASE = `// Types of the edge runtime, for the editor.
import '@supabase/functions-js/edge-runtime.d.ts';
import { withSupabase } from '@supabase/server';

// Lets calls with a publishable or secret key in; 'user' asks for a signed-in user, 'none' for nothing.
export default {
  fetch: withSupabase({ auth: ['publishable', 'secret'] }, async (request) => {
    const { name } = await request.json();
    return Response.json({ message: \`Hello \${name}!\` });
  }),
};
`;

const PLAIN = `// Types of the edge runtime, for the editor.
import '@supabase/functions-js/edge-runtime.d.ts';

// Calls need a valid JWT or key, unless config.toml says verify_jwt = false.
Deno.serve(async (request) => {
  const { name } = await request.json();
  return Response.json({ message: \`Hello \${name}!\` });
});
`;
