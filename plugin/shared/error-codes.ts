/**
 * The codes of the errors that this package itself reports, each with what happened. docs/errors.md has a row for each;
 * test/unit/errors.test.ts compares the two.
 */
export const ERROR_CODES = {
  BACKEND_URL_MISSING: 'backend "remote" without a URL',
  BUILD_ENV_MISSING: 'vite build without the URL or the key of Supabase',
  CONFIG_INVALID: 'supabase/config.toml cannot be parsed, or a value has the wrong type',
  DATA_DIR_UNWRITABLE: 'the data directory cannot be written',
  DENO_MISSING: 'an edge function was called, and the npm package deno is not installed',
  DUMP_UNREADABLE: 'a file to restore is no dump as SQL',
  FUNCTION_FAILED: 'an edge function does not start: a syntax error, a missing import, or an exception',
  FUNCTION_TYPES: 'an edge function has a type error; it runs all the same',
  KEYS_INVALID: 'the JWT secret is too short, or the signing keys cannot be read',
  MCP_MISSING: 'an agent asked the MCP server, and its npm package is not installed',
  MIGRATION_FAILED: 'a migration or the seed has an SQL error',
  OPTION_INVALID: 'an option or environment variable is unknown or has the wrong type',
  PORT_TAKEN: 'another program uses a port that was asked for',
  POSTGRES_MISSING: 'there is no PostgreSQL for this platform',
  POSTGRES_ROOT: 'running as root, and no other user exists to run PostgreSQL as',
  POSTGRES_START: 'PostgreSQL did not start',
  POSTGRES_VERSION:
    'the data directory belongs to another major version of PostgreSQL, or the server is too old',
  RESTORE_FAILED: 'a dump has a statement that fails here',
  SECRET_IN_CLIENT: 'a variable that Vite exposes to the browser holds a secret key',
  SNAPSHOT_MISSING: 'there is no snapshot of this name',
  STACK_NOT_RUNNING: 'a command needs the stack of a project that no process runs',
  STACK_RUNNING: 'another process already runs the stack of this data directory',
  STORAGE_UNWRITABLE: 'the folder of stored objects cannot be written',
  TYPES_GENERATOR_MISSING: 'types of the database are wanted, and their generator is not installed',
  USAGE: 'the command line is wrong',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
