import type { Command, Flag } from './command.ts';

const WIDTH = 18;

/** The text of `--help` without a command. */
export function formatUsage(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(WIDTH)} ${summary}`);
  return `Usage: vite-plugin-supabase COMMAND [options]

Commands:
${rows.join('\n')}

Options:
  ${'--help'.padEnd(WIDTH)} print this text; after a command: its options
  ${'--version'.padEnd(WIDTH)} print the version of this package

Commands use the running stack of the project (a dev server's too), and otherwise start what they need.
`;
}

/** The text of `COMMAND --help`. */
export function formatCommand(command: Command): string {
  const { name, summary, flags } = command;
  const rows = Object.entries(flags).map(([flag, option]) => `  ${formatFlag(flag, option)}`);
  return `${formatUse(command)}

${name} ${summary}.

Options:
${rows.join('\n')}
`;
}

/** The first line of `COMMAND --help`. */
export function formatUse({ name, usage }: Command): string {
  return `Usage: vite-plugin-supabase ${`${name} ${usage}`.trim()}`;
}

function formatFlag(name: string, { short, value, help }: Flag): string {
  const flag = `${short ? `-${short}, ` : ''}--${name}${value === undefined ? '' : ` ${value}`}`;
  return `${flag.padEnd(WIDTH)} ${help}`;
}
