import type {
  generateTypescript as GenerateTypescript,
  sortGeneratorMetadata as SortGeneratorMetadata,
} from '@supabase/postgrest-typegen/generation';
import type { introspect as Introspect } from '@supabase/postgrest-typegen/introspection';
import pg from 'pg';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';

export interface TypesOptions {
  /** Connection URL as role `postgres`. */
  readonly databaseUrl: string;
  /** The schemas to describe. */
  readonly schemas: readonly string[];
  /** Whether relationships say `isOneToOne`, which PostgREST 9 and older do not have. Default: true. */
  readonly detectsOneToOne?: boolean;
}

/**
 * The text that `supabase gen types --lang typescript --local` prints for a database.
 *
 * @throws SupabaseDevError TYPES_GENERATOR_MISSING
 */
export async function generateTypes({
  databaseUrl,
  schemas,
  detectsOneToOne = true,
}: TypesOptions): Promise<string> {
  const { introspect, sortGeneratorMetadata, generateTypescript } = await loadGenerator();
  // The generator sends all its queries at once.
  const client = new pg.Client({ connectionString: databaseUrl, pipeline: true });
  // The end of the server or of the database rejects the queries, too.
  client.on('error', () => {});
  await client.connect();
  try {
    const metadata = await introspect(client, { includedSchemas: [...schemas] });
    return await generateTypescript(sortGeneratorMetadata(metadata), {
      detectOneToOneRelationships: detectsOneToOne,
    });
  } finally {
    await client.end();
  }
}

/** The schemas of `supabase gen types` without `--schema`: `public`, then those that the API exposes. */
export function defaultSchemas(exposed: readonly string[]): string[] {
  return [...new Set(['public', ...exposed])];
}

interface Generator {
  readonly introspect: typeof Introspect;
  readonly generateTypescript: typeof GenerateTypescript;
  readonly sortGeneratorMetadata: typeof SortGeneratorMetadata;
}

/** @throws SupabaseDevError TYPES_GENERATOR_MISSING */
export async function loadGenerator(): Promise<Generator> {
  try {
    const [{ introspect }, { generateTypescript, sortGeneratorMetadata }] = await Promise.all([
      import('@supabase/postgrest-typegen/introspection'),
      import('@supabase/postgrest-typegen/generation'),
    ]);
    return { introspect, generateTypescript, sortGeneratorMetadata };
  } catch (error) {
    if (!hasErrorCode(error, 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new SupabaseDevError(
      'TYPES_GENERATOR_MISSING',
      'Types of the database need the generator of the Supabase CLI, which is not installed',
      { hint: 'npm install --save-dev @supabase/postgrest-typegen', cause: error },
    );
  }
}
