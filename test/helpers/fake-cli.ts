import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from './project.ts';

/** What a fake CLI prints for a command line, by the beginning of the line; `fails` is the answer to all others. */
export interface FakeAnswers {
  readonly [beginning: string]: object | string;
}

const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform;

/** Where the npm package's program has been since 2.99, and before. */
export const NEW_PLACE = `node_modules/@supabase/cli-${PLATFORM}-${process.arch}`;
export const OLD_PLACE = 'node_modules/supabase';

/**
 * Puts a program into the project that answers as the Supabase CLI does: errors have exit status 1, as JSON in version 3
 * (`{ _tag: 'Error' }`), as text on standard error before. In stack mode (`SUPABASE_EXPERIMENTAL_STACK=1`, or where
 * `answers` says so) it knows `stack`, and refuses `-o`.
 */
export async function installFakeCli(
  project: TestProject,
  answers: { readonly containers?: FakeAnswers; readonly stacks?: FakeAnswers; readonly version: 2 | 3 },
  place: string = NEW_PLACE,
): Promise<void> {
  await project.write('node_modules/supabase/package.json', '{"name":"supabase","version":"0.0.0"}');
  await project.write(`${place}/package.json`, '{"name":"fake","version":"0.0.0"}');
  const file = `${place}/bin/supabase`;
  await project.write(file, `#!${process.execPath}\n${PROGRAM.replace('ANSWERS', JSON.stringify(answers))}`);
  await chmod(join(project.root, file), 0o755);
}

// Recorded of supabase 3.1.0 and 2.75.0.
const PROGRAM = String.raw`
const { version, containers = {}, stacks = {} } = ANSWERS;
const line = process.argv.slice(2).join(' ');
const isStackMode = process.env.SUPABASE_EXPERIMENTAL_STACK === '1';
const fail = (code, message) => {
  if (version === 3 && line.includes('--output-format json'))
    process.stdout.write(JSON.stringify({ _tag: 'Error', error: { code, message } }) + '\n');
  else process.stderr.write(message + '\n');
  process.exit(1);
};
if (version === 2 && line.includes('--output-format')) fail('', 'unknown flag: --output-format');
if (isStackMode && line.includes('-o json')) fail('', 'The legacy -o/--output flag is not supported here; use --output-format json.');
if (!isStackMode && line.startsWith('stack ')) {
  process.stdout.write(JSON.stringify({ _tag: 'Help', doc: { usage: 'supabase <subcommand>' } }) + '\n');
  fail('UnknownSubcommand', 'Unknown subcommand "stack" for "supabase"');
}
const answers = isStackMode ? stacks : containers;
const found = Object.keys(answers).find((beginning) => line.startsWith(beginning));
if (found === undefined) {
  if (isStackMode) fail('ExperimentalStackStatusError', 'No managed stack exists for the selected project.');
  fail('StatusDbInspectError', 'failed to inspect container health: Cannot connect to the Docker daemon');
}
const answer = answers[found];
process.stdout.write((typeof answer === 'string' ? answer : JSON.stringify(answer)) + '\n');
`;
