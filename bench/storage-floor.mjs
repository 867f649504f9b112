// The baseline of bench/storage.mjs: only node:http and files. PUT stores a body as durably as Storage does (temporary
// file, fsync, rename), GET streams it. With md5, PUT also computes the hash, as for an ETag.
// Usage: node storage-floor.mjs DIR DURABLE [md5]
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [dir, durable, md5] = process.argv.slice(2);
let uploads = 0;

const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

async function answer(req, res) {
  const path = join(dir, req.url.split('/').at(-1));
  if (req.method === 'GET') {
    const { size } = await stat(path);
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
    await pipeline(createReadStream(path), res);
    return;
  }
  const temporary = `${path}.${(uploads += 1)}.tmp`;
  const hash = md5 && createHash('md5');
  if (hash) req.on('data', (chunk) => hash.update(chunk));
  await pipeline(req, createWriteStream(temporary));
  if (durable === 'true') {
    const file = await open(temporary, 'r+');
    await file.sync();
    await file.close();
  }
  await rename(temporary, path);
  const etag = hash ? { etag: `"${hash.digest('hex')}"` } : {};
  res.writeHead(200, { 'content-length': 2, ...etag }).end('ok');
}
