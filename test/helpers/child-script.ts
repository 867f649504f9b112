import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

/** A TypeScript file bundled for `node`, which runs no TypeScript before version 22.18. */
export interface ChildScript {
  readonly file: string;
  remove(): Promise<void>;
}

/** Bundles a script that uses no packages, to be run in a process of its own. */
export async function bundleChildScript(entry: string): Promise<ChildScript> {
  const outDir = await mkdtemp(join(tmpdir(), 'child-script-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'script.mjs' } },
    },
  });
  return {
    file: join(outDir, 'script.mjs'),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}
