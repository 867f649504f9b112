import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs npm, with the npm that runs the tests if there is one; returns standard output. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const cli = process.env.npm_execpath;
  const { stdout } = cli
    ? await run(process.execPath, [cli, ...args], { cwd })
    : await run('npm', args, { cwd, shell: process.platform === 'win32' });
  return stdout;
}

/** Installs packages such as `vite@8.0.0` into a folder, without running their scripts. */
export async function npmInstall(folder: string, ...packages: readonly string[]): Promise<void> {
  await npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], folder);
}
