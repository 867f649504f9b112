import { relative, resolve } from 'node:path';
import { defaultSchemas, generateTypes, loadGenerator } from '../database-types/generate.ts';
import {
  describeDifference,
  findTypesFile,
  readText,
  updateTypesFile,
} from '../database-types/types-file.ts';
import { loadConfig } from '../stack/config/config.ts';
import { readExposedSchemas } from '../stack/config/exposed-schemas.ts';
import {
  DATA_DIR,
  list,
  print,
  rootOf,
  text,
  usageError,
  WORKDIR,
  type Call,
  type Command,
} from './command.ts';
import { withStack } from './with-stack.ts';

/** Flags and output as those of `supabase gen types`, with `--file` and `--check` besides. */
export const genTypes: Command = {
  name: 'gen types',
  usage: '[--schema A,B] [--file PATH] [--check]',
  summary: 'prints TypeScript types of the database, as supabase gen types does',
  flags: {
    lang: { type: 'string', value: 'LANG', help: 'language: typescript' },
    local: { type: 'boolean', help: "of this project's stack, which is the default" },
    schema: {
      type: 'string',
      short: 's',
      value: 'A,B',
      multiple: true,
      help: 'schemas to include (default: public and [api] schemas of config.toml)',
    },
    file: {
      type: 'string',
      value: 'PATH',
      help: 'write this file, if its types differ, instead of printing them',
    },
    check: {
      type: 'boolean',
      help: 'end with 1 if the file (--file, or the one at a usual place) has other types than the database',
    },
    'postgrest-v9-compat': { type: 'boolean', help: 'for PostgREST 9 and older' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  // The Supabase CLI also accepts the language as an argument.
  arguments: 'any',
  async run(call) {
    checkLanguage(call);
    const root = await rootOf(call);
    const file = await chooseFile(call, root);
    // Before a stack starts for this command.
    await loadGenerator();
    await withStack(call, async ({ record }) => {
      const types = await generateTypes({
        databaseUrl: record.dbUrl,
        schemas: await chooseSchemas(call, root),
        detectsOneToOne: call.flags['postgrest-v9-compat'] !== true,
      });
      if (file === undefined) process.stdout.write(types);
      else if (call.flags.check === true) await check(file, types);
      else print(`${(await updateTypesFile(file, types)) ? 'wrote' : 'unchanged:'} ${relative('', file)}`);
    });
  },
};

function checkLanguage(call: Call): void {
  const languages = [...call.args, text(call, 'lang') ?? 'typescript'];
  const other = languages.find((language) => language !== 'typescript');
  if (other !== undefined) throw usageError(`types can be made for typescript, not for "${other}"`);
}

async function chooseSchemas(call: Call, root: string): Promise<string[]> {
  const named = list(call, 'schema');
  if (named.length > 0) return named;
  const config = await loadConfig(root);
  return defaultSchemas(readExposedSchemas(config.section('api')));
}

/** The file to write or to check, absolute; undefined for standard output. */
async function chooseFile(call: Call, root: string): Promise<string | undefined> {
  const named = text(call, 'file');
  if (named !== undefined) return resolve(named);
  if (call.flags.check !== true) return undefined;
  const found = await findTypesFile(root);
  if (found === undefined) throw usageError('--check found no file of generated types: name it with --file');
  return resolve(root, found);
}

async function check(file: string, types: string): Promise<void> {
  const name = relative('', file);
  const difference = describeDifference(await readText(file), types);
  if (difference === undefined) return print(`${name} has the types of the database.`);
  print(`${name} does not have the types of the database:\n${difference}`);
  print(`To write it: npx vite-plugin-supabase gen types --file ${name}`);
  process.exitCode = 1;
}
