import type { SupabaseConfig } from '../config/config.ts';
import type { Section } from '../config/section.ts';

/** What config.toml says about one function; paths are relative to the folder `supabase`. */
export interface FunctionSettings {
  readonly enabled: boolean;
  readonly verifyJwt: boolean;
  readonly entrypoint: string | undefined;
  readonly importMap: string | undefined;
  readonly staticFiles: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}

export interface FunctionsSettings {
  readonly enabled: boolean;
  /** `[edge_runtime.secrets]`: variables of every function. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Port of the debugger's protocol; used when `inspect` is set. */
  readonly inspectorPort: number;
  readonly byName: ReadonlyMap<string, FunctionSettings>;
}

/** Reads `[edge_runtime]` and `[functions.*]`, with the Supabase CLI's defaults (packages/config/src/functions.ts). */
export function readFunctionsSettings(config: SupabaseConfig): FunctionsSettings {
  const runtime = config.section('edge_runtime');
  return {
    enabled: runtime.boolean('enabled', true),
    secrets: runtime.section('secrets').stringMap(),
    inspectorPort: runtime.integer('inspector_port', 8083),
    byName: new Map(
      config
        .section('functions')
        .sections()
        .map(([name, section]) => [name, readFunction(section)]),
    ),
  };
}

function readFunction(section: Section): FunctionSettings {
  return {
    enabled: section.boolean('enabled', true),
    verifyJwt: section.boolean('verify_jwt', true),
    entrypoint: section.string('entrypoint') || undefined,
    importMap: section.string('import_map') || undefined,
    staticFiles: section.strings('static_files'),
    env: section.section('env').stringMap(),
  };
}
