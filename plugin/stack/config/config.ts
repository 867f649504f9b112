import { basename, join } from 'node:path';
import { readEnvFiles } from './env-files.ts';
import { isTable } from './is-table.ts';
import { hasPath } from './locate-key.ts';
import { readConfigFile, type ConfigFile } from './read-config-file.ts';
import { acknowledgeOthers, findUnsupported } from './other-settings.ts';
import { Section, type UnknownKey } from './section.ts';
import { findUnsetVariables, substituteVariables, type Variables } from './variables.ts';

/** `supabase/config.toml` (or .json, .jsonc) of a project, the file that the Supabase CLI reads. */
export interface SupabaseConfig {
  /** Absolute path of the project: the folder that holds `supabase/`. */
  readonly root: string;
  /** Absolute path of the folder `supabase`; it need not exist. */
  readonly supabaseDir: string;
  /** Absolute path of the file, or undefined when there is none (every setting then has its default). */
  readonly file: string | undefined;
  /** Environment variables, which take precedence over the file. */
  readonly env: Variables;
  /** `project_id`, by default the folder's name, as `supabase init` writes it. */
  readonly projectId: string;
  /** One table, such as `auth`. The code that reads a table owns its names and defaults. */
  section(name: string): Section;
  /**
   * Warnings about the settings, once every service has read its own: a line for each key that does not exist, one for the
   * settings of the Supabase CLI that nothing here can follow, one for the variables that are not set.
   */
  notices(): string[];
}

/** Settings in the structure of config.toml, such as `{ auth: { enable_signup: false } }`. */
export type ConfigOverrides = Readonly<Record<string, unknown>>;

interface LoadConfigOptions {
  readonly overrides?: ConfigOverrides;
  /** Default: the environment of this process. */
  readonly env?: Variables;
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
  const file = await readConfigFile(root);
  const written = file?.values ?? {};
  const given = merge(written, overrides);
  // Only for these references: keys of a deployed project in such a file are not this stack's.
  const hasUnset = findUnsetVariables(given, env).length > 0;
  const variables = hasUnset ? { ...(await readEnvFiles(root)), ...env } : env;
  const values = merge(substituteVariables(written, variables), overrides);
  const fileOf = (path: readonly string[]): ConfigFile | undefined =>
    hasPath(overrides, path) ? undefined : file;
  const nameOf = (path: readonly string[]): string => fileOf(path)?.name ?? 'the option config';
  const top = new Section(values, (path) => ({ name: nameOf(path), location: fileOf(path)?.locate(path) }));
  const projectId = top.string('project_id', basename(root));
  return {
    root,
    supabaseDir,
    file: file?.path,
    env,
    projectId,
    section: (name) => top.section(name),
    notices: () => {
      acknowledgeOthers(top);
      const unset = findUnsetVariables(given, variables).filter(
        ({ path }) => top.wasRead(path) && !hasPath(overrides, path),
      );
      return [
        ...top.unread().map((key) => `${nameOf(key.path)}: ${describeUnknown(key)}`),
        ...inOneLine(
          'not supported here and ignored',
          findUnsupported(top).map((path) => [nameOf(path), path.join('.')]),
        ),
        ...inOneLine(
          'no value, because the variable is not set',
          unset.map(({ path, name }) => [nameOf(path), `${path.join('.')} (${name})`]),
        ),
      ];
    },
  };
}

/** One line for each source of such settings. */
function inOneLine(what: string, settings: readonly (readonly [source: string, text: string])[]): string[] {
  const sources = [...new Set(settings.map(([source]) => source))];
  return sources.map((source) => {
    const texts = settings.filter(([other]) => other === source).map(([, text]) => text);
    return `${source}: ${what}: ${texts.join(', ')}`;
  });
}

function describeUnknown({ path, meant }: UnknownKey): string {
  const question = meant === undefined ? '' : `; did you mean ${[...path.slice(0, -1), meant].join('.')}?`;
  return `${path.join('.')} is unknown and ignored${question}`;
}

function merge(base: Record<string, unknown>, over: ConfigOverrides): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTable(below) && isTable(value) ? merge(below, value) : value;
  }
  return merged;
}
