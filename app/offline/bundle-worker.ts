import type { Plugin, Rolldown } from 'vite';

const FILE_NAME = 'service-worker.js';
/** Files of app/public, which are not part of the bundle, that a page without a connection needs. */
const PUBLIC_FILES = ['/icon.svg', '/icon-unread.svg', '/icon-192.png', '/manifest.webmanifest'];

/** A larger part of the app, such as the names of all emoji, is stored when it is first used. */
const MAX_AHEAD_CHARS = 400_000;

/**
 * Adds the service worker to the build, with the list of files that it stores. The dev server has none: there, every
 * file changes.
 */
export function bundleServiceWorker(): Plugin {
  return {
    name: 'ourchat:service-worker',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: '/offline/worker/service-worker.ts', fileName: FILE_NAME });
    },
    generateBundle: {
      // After Vite has added index.html.
      order: 'post',
      async handler(_options, bundle) {
        const worker = bundle[FILE_NAME];
        const page = bundle['index.html'];
        if (worker?.type !== 'chunk' || page?.type !== 'asset') throw new Error('The bundle has no page.');
        const built = Object.values(bundle).filter((file) => isNeededAhead(file));
        const files = ['/', ...built.map(({ fileName }) => `/${fileName}`).toSorted(), ...PUBLIC_FILES];
        const version = await hash(`${files.join('\n')}\n${String(page.source)}\n${worker.code}`);
        worker.code = worker.code.replaceAll('__SHELL__', () => JSON.stringify({ version, files }));
      },
    },
  };
}

function isNeededAhead(file: Rolldown.OutputChunk | Rolldown.OutputAsset): boolean {
  const isLarge = file.type === 'chunk' && file.isDynamicEntry && file.code.length > MAX_AHEAD_CHARS;
  return file.fileName.startsWith('assets/') && !file.fileName.endsWith('.map') && !isLarge;
}

/** The first 16 hexadecimal digits of the SHA-256. */
async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest).slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
