import { fileURLToPath } from 'node:url';
// @ts-expect-error -- a script without types
import { buildStudio } from '../../tools/build-studio.mjs';

/** Builds the pages of Studio for a plugin that runs from its sources. */
export function buildPages(): Promise<void> {
  return (buildStudio as (outDir: string) => Promise<void>)(
    fileURLToPath(new URL('../../plugin/studio/pages', import.meta.url)),
  );
}
