import { access, readFile } from 'node:fs/promises';
import { format } from 'oxfmt';
import pg from 'pg';

/** The PostgREST version that the embedded stack emulates; supabase-js picks the types of some methods by it. */
const POSTGREST_VERSION = '16.5';

const FORMAT = new URL('../../.oxfmtrc.json', import.meta.url);
const TOOL = new URL('../../tools/database-types/', import.meta.url);

/** Whether the generator is installed: it is a package apart, because it asks for Node 22.12. */
export async function hasTypeGenerator(): Promise<boolean> {
  return access(new URL('node_modules/@supabase/postgrest-typegen', TOOL)).then(
    () => true,
    () => false,
  );
}

/**
 * Generates the TypeScript types of schema `public` with the generator behind `supabase gen types`, in this
 * repository's format.
 *
 * @param dbUrl a database with the migrations applied
 */
export async function generateTypes(dbUrl: string): Promise<string> {
  const generator = (await import(new URL('generator.mjs', TOOL).href)) as Generator;
  // The generator sends all its queries at once.
  const client = new pg.Client({ connectionString: dbUrl, pipeline: true });
  await client.connect();
  try {
    const metadata = await generator.introspect(client, { includedSchemas: ['public'] });
    return await generator.generateTypescript(generator.sortGeneratorMetadata(metadata), {
      // The Supabase CLI sets this, too.
      detectOneToOneRelationships: true,
      postgrestVersion: POSTGREST_VERSION,
      format: formatSource,
    });
  } finally {
    await client.end();
  }
}

/** What is used of `tools/database-types/generator.mjs`; `Metadata` is passed through unread. */
interface Generator {
  introspect(client: pg.Client, options: { includedSchemas: string[] }): Promise<Metadata>;
  sortGeneratorMetadata(metadata: Metadata): Metadata;
  generateTypescript(
    metadata: Metadata,
    options: {
      detectOneToOneRelationships: boolean;
      postgrestVersion: string;
      format: (source: string) => Promise<string>;
    },
  ): Promise<string>;
}

type Metadata = Readonly<Record<string, unknown>>;

async function formatSource(source: string): Promise<string> {
  const { singleQuote, printWidth } = JSON.parse(await readFile(FORMAT, 'utf8')) as FormatSettings;
  const { code, errors } = await format('database.types.ts', source, { singleQuote, printWidth });
  if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('; '));
  return code;
}

interface FormatSettings {
  readonly singleQuote: boolean;
  readonly printWidth: number;
}
