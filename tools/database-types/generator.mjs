// What test/helpers/generate-types.ts needs of the generator, resolved from this folder's own node_modules.
export { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation';
export { introspect } from '@supabase/postgrest-typegen/introspection';
