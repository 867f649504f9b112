// How long the database takes to follow its files: a new and an edited migration, reset, and forks, with OurChat's project.
// npm run build && node bench/databases.mjs [runs]
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../dist/start-stack.js';

const runs = Number(process.argv[2] ?? 10);
const durable = process.argv[3] === 'durable';
const root = await mkdtemp(join(tmpdir(), 'bench-databases-'));
await cp(new URL('../supabase', import.meta.url), join(root, 'supabase'), { recursive: true });
const migrations = join(root, 'supabase/migrations');
const options = durable ? { dataDir: join(root, '.supabase') } : { ephemeral: true };
const stack = await startStack({ root, port: 0, dbPort: 0, ...options });

async function measure(name, count, run) {
  const times = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    const pause = await run(index);
    times.push(performance.now() - start - (pause ?? 0));
    // What is prepared in the background is not part of the next one.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
  }
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(0);
  console.log(`${name.padEnd(52)} p50 ${at(0.5)} ms (${at(0)} to ${at(1)})`);
}

const rest = async (url, key) => {
  const response = await fetch(`${url}/rest/v1/`, { headers: { apikey: key } });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.arrayBuffer();
};

console.log(`load ${loadavg()[0].toFixed(1)}, ${durable ? 'durable' : 'ephemeral'}`);
await measure('reset, the first', 1, () => stack.reset());
await measure('reset', runs, () => stack.reset());
await measure('new migration', runs, async (index) => {
  await writeFile(join(migrations, `2027${index}_new.sql`), `create table bench_${index} (id int);`);
  await stack.sync();
});
const names = (await readdir(migrations)).toSorted();
const edit = (name) => async (index) => {
  const file = join(migrations, name);
  const text = await readFile(file, 'utf8');
  await writeFile(file, `${text}\ncomment on schema public is 'run ${index}';`);
  const { rebuilt } = await stack.sync();
  if (!rebuilt) throw new Error('nothing was built again');
};
await measure(`edited, the last of ${names.length}, the first time`, 1, edit(names.at(-1)));
await measure(`edited, the last of ${names.length}, again`, runs, edit(names.at(-1)));
await measure(`edited, the first of ${names.length}`, Math.ceil(runs / 2), edit(names[0]));
await measure('fork, the first', 1, async () => void (await stack.fork()));
await measure('fork, from the pool', runs, async () => void (await stack.fork()));
await measure('fork, from the pool, to the first REST answer', runs, async () => {
  const fork = await stack.fork();
  await rest(fork.url, fork.secretKey);
});
global.gc?.();
console.log(`memory of Node with ${2 * runs + 3} forks: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`);
await stack.stop();
await rm(root, { recursive: true, force: true });
