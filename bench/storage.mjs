// Storage's uploads, public downloads and listings beside a bare node:http server with files and, for downloads, nginx
// (if there is one). Each server is a process of its own; the load comes from this one.
// Usage: npm run build && node bench/storage.mjs [durable|ephemeral]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const KIB = 1024;
const MIB = 1024 * KIB;
const SIZES = [
  { name: '1 KiB', bytes: KIB, uploads: 1500, downloads: 6000, parallel: 16 },
  { name: '1 MiB', bytes: MIB, uploads: 150, downloads: 600, parallel: 8 },
  { name: '100 MiB', bytes: 100 * MIB, uploads: 6, downloads: 12, parallel: 2 },
];
const durable = process.argv[2] !== 'ephemeral';
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const children = [];
const root = await mkdtemp(join(tmpdir(), 'bench-storage-'));

try {
  await chmod(root, 0o755);
  const files = join(root, 'files');
  await mkdir(join(root, 'supabase'));
  await mkdir(files);
  await writeFile(join(root, 'package.json'), '{}');
  await writeFile(
    join(root, 'supabase/config.toml'),
    '[storage]\nfile_size_limit = "2GiB"\n[storage.buckets.bench]\npublic = true\n',
  );
  const floor = await startFloor(files);
  const storage = await startStorage();
  const nginx = await startNginx(files);
  console.log(
    `${cpus().length} cores, Node ${process.version}, ${durable ? 'durable (fsync)' : 'ephemeral (no fsync)'}\n`,
  );
  console.log('| | requests/s | MB/s | of the floor |\n|---|---|---|---|');
  for (const size of SIZES) await benchSize(size, floor, storage, nginx);
  await benchLarge(storage);
  await benchListing(storage);
} finally {
  for (const child of children) child.kill('SIGINT');
  for (const child of children) if (child.exitCode === null) await once(child, 'exit');
  agent.destroy();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}

async function benchSize(size, floor, storage, nginx) {
  const body = Buffer.alloc(size.bytes, 'x');
  const put = (server) => (index) =>
    send(server.upload(`${size.bytes}-${index % 50}`), { method: 'PUT', headers: server.headers, body });
  const get = (server) => (index) =>
    send(server.download(`${size.bytes}-${index % Math.min(50, size.uploads)}`), { method: 'GET' });
  const rates = {};
  // Two rounds each, alternating: the first warms up, the second counts.
  for (let round = 0; round < 2; round += 1) {
    rates.floorUp = await measure(size.uploads, size.parallel, put(floor));
    rates.storageUp = await measure(size.uploads, size.parallel, put(storage));
    rates.floorDown = await measure(size.downloads, size.parallel, get(floor));
    rates.storageDown = await measure(size.downloads, size.parallel, get(storage));
    if (nginx) rates.nginxDown = await measure(size.downloads, size.parallel, get(nginx));
  }
  const row = (name, rate, base) => {
    const share = base === undefined ? '' : `${Math.round((rate / base) * 100)} %`;
    console.log(`| ${name} | ${Math.round(rate)} | ${((rate * size.bytes) / 1e6).toFixed(1)} | ${share} |`);
  };
  row(`upload ${size.name}: bare node:http`, rates.floorUp);
  row(`upload ${size.name}: Storage`, rates.storageUp, rates.floorUp);
  row(`download ${size.name}: bare node:http`, rates.floorDown);
  row(`download ${size.name}: Storage`, rates.storageDown, rates.floorDown);
  if (nginx) row(`download ${size.name}: nginx`, rates.nginxDown, rates.floorDown);
}

/** One object of 1 GiB up and down, and the most memory that the process of the stack ever had. */
async function benchLarge(storage) {
  const before = await residentMiB(storage.pid, 'VmRSS');
  const piece = Buffer.alloc(MIB, 'y');
  const started = performance.now();
  await send(storage.upload('large'), {
    method: 'PUT',
    headers: storage.headers,
    pieces: { piece, count: 1024 },
  });
  const uploaded = performance.now();
  await send(storage.download('large'), { method: 'GET' });
  const rate = (from, to) => (1024 * MIB) / 1e6 / ((to - from) / 1000);
  console.log(
    `\n1 GiB: up ${rate(started, uploaded).toFixed(0)} MB/s, down ${rate(uploaded, performance.now()).toFixed(0)} MB/s; ` +
      `memory of the stack's Node process ${before} MiB before, ${await residentMiB(storage.pid, 'VmHWM')} MiB at most`,
  );
}

async function benchListing(storage) {
  const client = new pg.Client(storage.dbUrl);
  await client.connect();
  await client.query(`insert into storage.objects (bucket_id, name, metadata)
    select 'bench', case when n % 2 = 0 then 'list/flat-' || n else 'list/dir-' || n % 100 || '/' || n end,
      '{"size": 1, "eTag": "\\"x\\"", "mimetype": "text/plain"}' from generate_series(1, 20000) n`);
  await client.query('analyze storage.objects');
  await client.end();
  const list = (path, body) => async () =>
    send(`${storage.url}/object/${path}/bench`, {
      method: 'POST',
      headers: { ...storage.headers, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    });
  console.log('\n10,000 objects and 50 folders of 200 objects each, milliseconds a page (median of 30):');
  const cases = {
    'list, first 100': list('list', { prefix: 'list', limit: 100 }),
    'list, 100 at offset 9,900': list('list', { prefix: 'list', limit: 100, offset: 9900 }),
    'list, first 1,000': list('list', { prefix: 'list', limit: 1000 }),
    'list, first 100 by created_at': list('list', {
      prefix: 'list',
      limit: 100,
      sortBy: { column: 'created_at' },
    }),
    'list-v2 with folders, first 1,000': list('list-v2', {
      prefix: 'list/',
      limit: 1000,
      with_delimiter: true,
    }),
    'list-v2 flat, first 1,000': list('list-v2', { prefix: 'list/', limit: 1000 }),
  };
  for (const [name, run] of Object.entries(cases)) {
    const times = [];
    for (let round = 0; round < 30; round += 1) {
      const started = performance.now();
      await run();
      times.push(performance.now() - started);
    }
    console.log(`- ${name}: ${times.toSorted((a, b) => a - b)[15].toFixed(1)}`);
  }
}

async function startFloor(files) {
  const script = fileURLToPath(new URL('storage-floor.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, files, String(durable)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [url] = await once(createInterface(child.stdout), 'line');
  const path = (name) => `${url}/${name}`;
  return { upload: path, download: path, headers: {} };
}

async function startStorage() {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
  const args = [
    cli,
    'start',
    '--port',
    '0',
    '--db-port',
    '0',
    '--workdir',
    root,
    ...(durable ? [] : ['--ephemeral']),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const env = {};
  for await (const line of createInterface(child.stdout)) {
    const [, name, value] = /^(\w+)="(.*)"$/.exec(line) ?? [];
    if (name) env[name] = value;
    if (name === 'JWT_SECRET') break;
  }
  child.stdout.resume();
  const url = `${env.API_URL}/storage/v1`;
  return {
    url,
    dbUrl: env.DB_URL,
    pid: child.pid,
    upload: (name) => `${url}/object/bench/${name}`,
    download: (name) => `${url}/object/public/bench/${name}`,
    headers: { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, 'content-type': 'application/octet-stream' },
  };
}

/** nginx on the same files, with sendfile and one worker a core; undefined when it is not installed. */
async function startNginx(files) {
  const binary = '/usr/sbin/nginx';
  if (
    await access(binary).then(
      () => false,
      () => true,
    )
  )
    return undefined;
  const port = await freePort();
  const config = join(root, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; worker_processes auto; pid ${root}/nginx.pid; error_log stderr crit; user root;
    events { worker_connections 512; }
    http { access_log off; sendfile on; keepalive_requests 1000000; client_body_temp_path ${root}/nginx;
      server { listen 127.0.0.1:${port}; root ${files}; etag on; } }`,
  );
  const child = spawn(binary, ['-c', config, '-e', 'stderr'], { stdio: ['ignore', 'inherit', 'inherit'] });
  children.push(child);
  const path = (name) => `http://127.0.0.1:${port}/${name}`;
  for (let tries = 0; tries < 50; tries += 1) {
    if (
      await send(path(''), { method: 'GET', anyStatus: true }).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { download: path };
}

/** Requests a second with so many at a time. */
async function measure(count, parallel, run) {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return count / ((performance.now() - started) / 1000);
}

function send(url, { method, headers = {}, body, pieces, anyStatus = false }) {
  return new Promise((resolve, reject) => {
    const length = pieces ? pieces.piece.length * pieces.count : body?.length;
    const all = length === undefined ? headers : { ...headers, 'content-length': length };
    const req = request(url, { method, headers: all, agent }, (res) => {
      res.resume();
      res.on('end', () => {
        if (res.statusCode === 200 || anyStatus) resolve();
        else reject(new Error(`${method} ${url}: ${res.statusCode}`));
      });
    });
    req.on('error', reject);
    if (pieces) void writePieces(req, pieces).catch(reject);
    else req.end(body);
  });
}

async function writePieces(req, { piece, count }) {
  for (let sent = 0; sent < count; sent += 1) if (!req.write(piece)) await once(req, 'drain');
  req.end();
}

async function residentMiB(pid, field) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / KIB);
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
