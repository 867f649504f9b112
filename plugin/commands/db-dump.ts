import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { DATA_DIR, print, text, usageError, WORKDIR, type Call, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

export const dbDump: Command = {
  name: 'db dump',
  usage: '[--data-only | --role-only] [-f FILE]',
  summary: 'prints the schema of the database as SQL, or its rows, or its roles, as the Supabase CLI does',
  flags: {
    'data-only': { type: 'boolean', help: 'the rows, of Auth and Storage too' },
    'role-only': { type: 'boolean', help: 'the roles, without passwords' },
    file: { type: 'string', short: 'f', value: 'FILE', help: 'write to a file' },
    schema: { type: 'string', short: 's', value: 'A,B', help: 'only these schemas' },
    'use-copy': { type: 'boolean', help: 'rows as COPY instead of INSERT' },
    exclude: { type: 'string', short: 'x', value: 'S.T,…', help: 'leave out the rows of these tables' },
    'keep-comments': { type: 'boolean', help: "keep pg_dump's comments" },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  async run(call) {
    checkFlags(call);
    await withStack(call, async ({ record }) => {
      const { flags } = call;
      const address = addressOf(record.dbUrl);
      await withOutput(text(call, 'file'), async (to) => {
        if (flags['role-only'] === true) {
          const { dumpRoles } = await import('../stack/postgres/dump/dump-roles.ts');
          to.write(await dumpRoles(address));
        } else if (flags['data-only'] === true) {
          const { dumpData } = await import('../stack/postgres/dump/dump-data.ts');
          const options = { schemas: listOf(call, 'schema'), exclude: listOf(call, 'exclude') };
          await dumpData(address, { ...options, useCopy: flags['use-copy'] === true }, to);
        } else {
          const { dumpSchema } = await import('../stack/postgres/dump/dump-schema.ts');
          const keepComments = flags['keep-comments'] === true;
          to.write(await dumpSchema(address, { schemas: listOf(call, 'schema'), keepComments }));
        }
      });
    });
  },
};

/** What the Supabase CLI refuses, too. @throws SupabaseDevError USAGE */
function checkFlags({ flags }: Call): void {
  const pairs = [
    ['data-only', 'role-only'],
    ['data-only', 'keep-comments'],
    ['role-only', 'schema'],
  ] as const;
  for (const [one, other] of pairs)
    if (flags[one] !== undefined && flags[other] !== undefined)
      throw usageError(`--${one} and --${other} exclude each other`);
  for (const flag of ['use-copy', 'exclude'])
    if (flags[flag] !== undefined && flags['data-only'] !== true)
      throw usageError(`--${flag} needs --data-only`);
}

function listOf(call: Call, name: string): string[] {
  const parts = text(call, name)?.split(',') ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function addressOf(
  url: string,
): Record<'host' | 'user' | 'password' | 'database', string> & { port: number } {
  const { hostname, port, username, password, pathname } = new URL(url);
  const [user, secret, database] = [username, password, pathname.slice(1)].map(decodeURIComponent) as [
    string,
    string,
    string,
  ];
  return { host: hostname, port: Number(port), user, password: secret, database };
}

/** Standard output, or a file that is there when it is complete. */
async function withOutput(file: string | undefined, use: (to: Writable) => Promise<void>): Promise<void> {
  if (file === undefined) return use(process.stdout);
  const path = resolve(file);
  const partial = `${path}.${process.pid}.partial`;
  const to = createWriteStream(partial, { mode: 0o600 });
  const written = finished(to);
  written.catch(() => {});
  try {
    await Promise.race([use(to), written]);
    to.end();
    await written;
    await rename(partial, path);
  } catch (error) {
    to.destroy();
    await rm(partial, { force: true });
    throw error;
  }
  print(`wrote ${path}`);
}
