import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built React app: beside this file in the package, in the last build when the plugin runs from its sources. */
const FOLDERS = ['./pages/', '../../dist/studio/pages/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
};

// Only the app's own files run, nothing may frame it, and it talks to its own origin only.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Chromium writes attributes where somebody types over selected text in the SQL editor; they load nothing.
  "style-src-attr 'unsafe-inline'",
  // Previews of objects, which Storage makes inert.
  "img-src 'self' data:",
  "media-src 'self'",
  "frame-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends a file of the app; every other path is a page of it, and gets its HTML. */
export async function sendPage(res: ServerResponse, path: string, isHead: boolean): Promise<void> {
  const asset = /^\/assets\/[\w-]+\.(?:js|css)$/.test(path) ? path : undefined;
  const file = asset ?? 'index.html';
  const content = await readBuilt(file);
  if (content === undefined) {
    const text = asset === undefined ? 'Studio has not been built: npm run build' : 'Not found';
    res.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
    return;
  }
  res.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': content.length,
    'cache-control': asset === undefined ? 'no-store' : 'private, max-age=31536000, immutable',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  res.end(isHead ? undefined : content);
}

async function readBuilt(file: string): Promise<Buffer | undefined> {
  for (const folder of FOLDERS) {
    const content = await readFile(join(folder, file)).catch(() => undefined);
    if (content !== undefined) return content;
  }
  return undefined;
}
