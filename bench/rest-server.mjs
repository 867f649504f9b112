// One server under test, a separate process: `engine` (the REST engine) or `bare` (node:http and pg with the same
// statements in the same kind of transaction). Its parent, `rest.mjs`, sends it commands.
import { createServer } from 'node:http';
import pg from 'pg';
import { createJwtVerifier } from '../dist/stack/jwt.js';
import { RestEngine } from '../dist/stack/rest/engine.js';
import { readRestSettings } from '../dist/stack/rest/settings/settings.js';
import { Section } from '../dist/stack/config/section.js';

const [kind, connectionText, jwtSecret] = process.argv.slice(2);
const connection = JSON.parse(connectionText);
const logger = { info() {}, warn() {}, error: console.error };

const start = kind === 'engine' ? startEngineServer : startBareServer;
const served = await start();
const server = createServer((req, res) => served.handle(req, res));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', (message) => {
  const { user, system } = process.cpuUsage();
  const usage = { cpu: user + system, rss: process.memoryUsage().rss };
  void served.command(message).then((answer) => process.send({ id: message.id, ...usage, ...answer }));
});

function openPool(options) {
  const pool = new pg.Pool({ ...connection, ...options });
  // The database ends before this process does.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function startEngineServer() {
  let recorded;
  const engine = await RestEngine.start({
    settings: { ...readRestSettings(new Section({})), maxRows: undefined },
    verifier: createJwtVerifier({ jwtSecret, signingKeys: [] }),
    createPool: (options) => openPool(options),
    connection,
    logger,
    onExplain: (explanation) => {
      recorded ??= explanation;
    },
  });
  return {
    handle: (req, res) => engine.handle(req, res),
    async command({ what }) {
      if (what === 'record') recorded = undefined;
      if (what === 'recorded') return { recorded };
      if (what !== 'reload') return {};
      const started = performance.now();
      await engine.reload();
      return { ms: performance.now() - started };
    },
  };
}

function startBareServer() {
  const raw = { getTypeParser: () => (value) => value };
  const pool = openPool({ max: 10, pipeline: true, types: raw });
  let transaction;
  let generation = 0;
  const send = (client, query) =>
    new Promise((resolve, reject) => {
      client.query(query, (error, result) => (error ? reject(error) : resolve(result)));
    });
  const named = ({ text, params }, name) => ({
    text,
    values: params,
    name: `${name}_${generation}`,
    rowMode: 'array',
    types: raw,
  });
  const handle = async (req, res) => {
    // The body is read, as any server must, though the statement already holds it.
    for await (const _chunk of req);
    const client = await pool.connect();
    try {
      const { begin, before, statement } = transaction;
      const results = await Promise.all([
        send(client, { text: begin }),
        ...before.map((one, index) => send(client, named(one, `before_${index}`))),
        send(client, named(statement, 'main')),
        send(client, { text: 'COMMIT' }),
      ]);
      const { fields, rows } = results.at(-2);
      const body = rows[0][fields.findIndex(({ name }) => name === 'body')];
      res.setHeader('content-type', 'application/json; charset=utf-8');
      res.setHeader('content-length', Buffer.byteLength(body));
      res.end(body);
    } finally {
      client.release();
    }
  };
  return {
    handle: (req, res) => void handle(req, res).catch((error) => res.destroy(error)),
    async command({ what, recorded }) {
      if (what !== 'transaction') return {};
      generation += 1;
      const mode = recorded.readOnly ? 'ONLY' : 'WRITE';
      const begin = `BEGIN ISOLATION LEVEL ${recorded.isolationLevel.toUpperCase()} READ ${mode}`;
      transaction = { begin, before: recorded.before, statement: recorded.statements[0] };
      return {};
    },
  };
}
