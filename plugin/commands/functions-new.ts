import { resolve } from 'node:path';
import { newFunction } from '../stack/functions/new-function.ts';
import { print, text, WORKDIR, type Command } from './command.ts';

export const functionsNew: Command = {
  name: 'functions new',
  usage: 'NAME [--plain]',
  summary: 'creates supabase/functions/NAME',
  flags: {
    plain: { type: 'boolean', help: 'by Deno.serve alone, without @supabase/server' },
    workdir: WORKDIR,
  },
  arguments: 1,
  async run(call) {
    const [name = ''] = call.args;
    const root = resolve(text(call, 'workdir') ?? '.');
    const files = await newFunction({ root, name, plain: call.flags.plain === true });
    for (const file of files) print(`wrote ${file}`);
  },
};
