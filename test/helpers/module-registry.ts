import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { SIGNED_CERTIFICATE } from './certificate.ts';
import { packTar } from './pack-tar.ts';

/** What Deno fetches modules from, on loopback. */
export interface ModuleRegistry {
  /** Of the npm and the jsr registry, with one package each: `tiny` and `@tiny/mod`, version 1.0.0. */
  readonly url: string;
  /** Serves `/mod.ts` with a certificate of `SIGNED_CERTIFICATE`'s authority. */
  readonly secureUrl: string;
  /** A proxy for everything else, which answers nothing. */
  readonly proxyUrl: string;
  /** Everything that was asked for. */
  readonly hits: string[];
  close(): void;
}

export async function startModuleRegistry(): Promise<ModuleRegistry> {
  const hits: string[] = [];
  const servers: Server[] = [];
  const start = async (scheme: 'http' | 'https', answer: RequestListener): Promise<string> => {
    const listener: RequestListener = (req, res) => {
      hits.push(`${req.method} ${req.url}`);
      answer(req, res);
    };
    const server = scheme === 'https' ? createHttps(SIGNED_CERTIFICATE, listener) : createHttp(listener);
    server.on('connect', (req, socket) => {
      hits.push(`CONNECT ${req.url}`);
      socket.destroy();
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `${scheme}://${scheme === 'https' ? 'localhost' : '127.0.0.1'}:${(server.address() as AddressInfo).port}`;
  };
  const files = new Map<string, string | Buffer>();
  const answer: RequestListener = (req, res) => {
    const file = files.get(req.url ?? '');
    if (file === undefined) res.writeHead(404).end();
    else
      res
        .writeHead(200, {
          'content-type':
            typeof file === 'string' && !file.startsWith('{') ? 'application/typescript' : 'application/json',
        })
        .end(file);
  };
  const url = await start('http', answer);
  const module = (text: string): string => `export const text: string = '${text}';`;
  files.set('/mod.ts', module('http'));
  const tarball = gzipSync(
    packTar({
      'package/package.json': JSON.stringify({
        name: 'tiny',
        version: '1.0.0',
        type: 'module',
        exports: './index.js',
      }),
      'package/index.js': `export const text = 'npm';`,
    }),
  );
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const version = {
    name: 'tiny',
    version: '1.0.0',
    dist: { tarball: `${url}/tiny/-/tiny-1.0.0.tgz`, integrity },
  };
  files.set(
    '/tiny',
    JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }),
  );
  files.set('/tiny/-/tiny-1.0.0.tgz', tarball);
  const checksum = `sha256-${createHash('sha256').update(module('jsr')).digest('hex')}`;
  const manifest = { '/mod.ts': { size: module('jsr').length, checksum } };
  files.set(
    '/@tiny/mod/meta.json',
    JSON.stringify({ scope: 'tiny', name: 'mod', versions: { '1.0.0': {} } }),
  );
  files.set('/@tiny/mod/1.0.0_meta.json', JSON.stringify({ manifest, exports: { '.': './mod.ts' } }));
  files.set('/@tiny/mod/1.0.0/mod.ts', module('jsr'));
  const secureUrl = await start('https', (_req, res) =>
    res.writeHead(200, { 'content-type': 'application/typescript' }).end(module('https')),
  );
  const proxyUrl = await start('http', (_req, res) => res.writeHead(502).end());
  const close = (): void => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { url, secureUrl, proxyUrl, hits, close };
}
