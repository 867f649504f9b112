import { readFile } from 'node:fs/promises';
import { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation';
import { introspect } from '@supabase/postgrest-typegen/introspection';
import { format } from 'oxfmt';
import pg from 'pg';

/** The PostgREST version that the embedded stack emulates; supabase-js chooses the types of some methods by it. */
const POSTGREST_VERSION = '14.12';

const FORMAT = new URL('../../.oxfmtrc.json', import.meta.url);

/**
 * TypeScript types of schema `public`, by the generator behind `supabase gen types typescript`, in this repository's
 * format.
 *
 * @param dbUrl a database with the migrations applied
 */
export async function generateTypes(dbUrl: string): Promise<string> {
  // The generator sends all queries at once.
  const client = new pg.Client({ connectionString: dbUrl, pipeline: true });
  await client.connect();
  try {
    const metadata = await introspect(client, { includedSchemas: ['public'] });
    return await generateTypescript(sortGeneratorMetadata(metadata), {
      // As the Supabase CLI does.
      detectOneToOneRelationships: true,
      postgrestVersion: POSTGREST_VERSION,
      format: formatSource,
    });
  } finally {
    await client.end();
  }
}

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
