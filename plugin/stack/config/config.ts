import { basename, join } from 'node:path';
import { readEnvFiles } from './env-files.ts';
import { readConfigFile } from './read-config-file.ts';
import { isTable, Section } from './section.ts';
import { findUnsetVariables, referencedVariable } from './unset-variables.ts';

/** `supabase/config.toml` (or .json, .jsonc) of a project, the file that the Supabase CLI reads. */
export interface SupabaseConfig {
  /** Absolute path of the project: the folder that holds `supabase/`. */
  readonly root: string;
  /** Absolute path of the folder `supabase`; it need not exist. */
  readonly supabaseDir: string;
  /** Absolute path of the file, or undefined when there is none (every setting then has its default). */
  readonly file: string | undefined;
  /** Environment variables, which take precedence over the file. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `project_id`, by default the folder's name, as `supabase init` writes it. */
  readonly projectId: string;
  /** One table, such as `auth`. The code that reads a table owns its names and defaults. */
  section(name: string): Section;
  /** Qualified names of keys that are set but that nothing has read, once every service has started. */
  unread(): string[];
  /** Settings that are read but have no value, because they name a variable of the environment that is not set. */
  unset(): { key: string; variable: string }[];
}

/** Settings in the structure of config.toml, such as `{ auth: { enable_signup: false } }`. */
export type ConfigOverrides = Readonly<Record<string, unknown>>;

interface LoadConfigOptions {
  readonly overrides?: ConfigOverrides;
  /** Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the file in `<root>/supabase`. Values of the form `env(NAME)` are replaced from `env`, then from the project's
 * `.env` files; an unset variable leaves the key unset. `overrides` take precedence over the file, key by key.
 *
 * @throws SupabaseDevError CONFIG_INVALID when the file cannot be parsed
 */
export async function loadConfig(root: string, options: LoadConfigOptions = {}): Promise<SupabaseConfig> {
  const { overrides = {}, env = process.env } = options;
  const supabaseDir = join(root, 'supabase');
  const file = await readConfigFile(supabaseDir);
  const written = file?.values ?? {};
  // Only for these references: keys of a deployed project in such a file are not this stack's.
  const hasUnset = findUnsetVariables(written, env).length > 0;
  const variables = hasUnset ? { ...(await readEnvFiles(root)), ...env } : env;
  const values = substituteEnv(written, variables);
  const top = new Section(merge(values, overrides));
  const projectId = top.string('project_id', basename(root));
  // For editors; settings of the CLI itself and of other environments.
  top.ignore('$schema', 'remotes', 'studio', 'inbucket', 'local_smtp', 'analytics', 'experimental');
  return {
    root,
    supabaseDir,
    file: file?.path,
    env,
    projectId,
    section: (name) => top.section(name),
    unread: () => top.unread(),
    unset: () =>
      findUnsetVariables(written, variables)
        .filter(({ path }) => top.wasRead(path))
        .map(({ path, name }) => ({ key: path.join('.'), variable: name })),
  };
}

function merge(base: Record<string, unknown>, over: ConfigOverrides): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? merge(below, value) : value;
  }
  return merged;
}

function substituteEnv(
  table: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  const substitute = (value: unknown): unknown => {
    const name = referencedVariable(value);
    if (name !== undefined) return env[name];
    if (Array.isArray(value)) return value.map(substitute).filter((element) => element !== undefined);
    if (isTable(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, substitute(inner)]));
    }
    return value;
  };
  return substitute(table) as Record<string, unknown>;
}
