import schema from '@supabase/config/schema.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeProject } from '../../helpers/project.ts';
import { startTestStack } from '../../helpers/stack.ts';

// Every setting of the Supabase CLI's own schema is known here: none is reported as unknown.

interface Node {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
}

interface Setting {
  readonly path: readonly string[];
  readonly type: string | undefined;
  readonly value: unknown;
}

/** What a table with free names is filled with. */
const NAMES: Readonly<Record<string, string>> = {
  'auth.email.template': 'invite',
  'auth.email.notification': 'password_changed',
  'auth.sms.test_otp': '4152127777',
  functions: 'hello',
  'functions.hello.env': 'GREETING',
  'storage.buckets': 'images',
};

/** Values for settings without a default for which the empty one of their type is none. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  'auth.sessions.timebox': '0s',
  'auth.sessions.inactivity_timeout': '0s',
  'auth.captcha.provider': 'hcaptcha',
  'auth.email.smtp.port': 587,
  'auth.sms.test_otp.4152127777': '123456',
  'db.vault.name': 'secret',
  'db.settings.effective_cache_size': '128MB',
  'db.settings.logical_decoding_work_mem': '4MB',
  'db.settings.maintenance_work_mem': '16MB',
  'db.settings.max_connections': 60,
  'db.settings.max_locks_per_transaction': 64,
  'db.settings.max_parallel_maintenance_workers': 2,
  'db.settings.max_parallel_workers': 2,
  'db.settings.max_parallel_workers_per_gather': 1,
  'db.settings.max_replication_slots': 5,
  'db.settings.max_slot_wal_keep_size': '1GB',
  'db.settings.max_standby_archive_delay': '30s',
  'db.settings.max_standby_streaming_delay': '30s',
  'db.settings.max_wal_size': '1GB',
  'db.settings.max_wal_senders': 5,
  'db.settings.max_worker_processes': 8,
  'db.settings.shared_buffers': '64MB',
  'db.settings.statement_timeout': '0',
  'db.settings.track_activity_query_size': '1kB',
  'db.settings.wal_keep_size': '0',
  'db.settings.wal_sender_timeout': '60s',
  'db.settings.work_mem': '4MB',
  'storage.file_size_limit': '50MiB',
  'storage.buckets.images.file_size_limit': '50MiB',
};

const EMPTY: Readonly<Record<string, unknown>> = {
  string: '',
  number: 0,
  boolean: false,
  array: [],
  object: {},
};

/** Every setting below a node, with its default. */
function settingsOf(node: Node, path: readonly string[] = []): Setting[] {
  const name = path.join('.');
  const one = node.anyOf?.find(({ type, anyOf }) => anyOf ?? (type !== 'null' && type !== undefined));
  if (one && node.type === undefined) return settingsOf({ default: node.default, ...one }, path);
  const { properties = {}, patternProperties, additionalProperties } = node;
  const free = patternProperties ? Object.values(patternProperties)[0] : additionalProperties;
  const below = Object.entries(properties).flatMap(([key, child]) => settingsOf(child, [...path, key]));
  if (typeof free === 'object') below.push(...settingsOf(free, [...path, NAMES[name] ?? 'name']));
  if (below.length > 0) return below;
  return [
    {
      path,
      type: node.type,
      value: SAMPLES[name] ?? node.default ?? node.enum?.[0] ?? EMPTY[node.type ?? ''],
    },
  ];
}

/** Settings as a config.json. */
function write(settings: readonly Setting[]): string {
  const root: Record<string, unknown> = {};
  for (const { path, value } of settings) {
    let table = root;
    for (const key of path.slice(0, -1)) table = (table[key] ??= {}) as Record<string, unknown>;
    table[path.at(-1) ?? ''] = value;
  }
  return JSON.stringify(root);
}

// Not branches of the remote project, nor what exists only with a name of its own (a compute, a bucket of analytics).
const settings = settingsOf(schema as Node).filter(({ path: [table, kind, list] }) => {
  const isOwn = list === 'buckets' && (kind === 'vector' || kind === 'analytics');
  return table !== 'remotes' && table !== 'compute' && !isOwn;
});

/** What the terminal says about the settings of a project. */
async function noticesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const code = { 'supabase/functions/hello/index.ts': 'Deno.serve(() => new Response())' };
  const logger = { info: log, warn: log, error: log };
  await using _stack = await startTestStack({ ...code, ...files }, { logger });
  return lines.filter((line) => line.startsWith('supabase/config'));
}

test('every setting with its default is known, and nothing is said about it', async () => {
  expect(settings.length).toBeGreaterThan(300);
  const text = write([...settings, { path: ['$schema'], type: 'string', value: 'x' }]);
  expect(await noticesOf({ 'supabase/config.json': text })).toEqual([]);
});

test('a key that does not exist is named once, with the one that was meant', async () => {
  const typos: [path: string, meant: string | undefined][] = [
    ['atuh.site_url', 'auth'],
    ['auth.enable_singup', 'auth.enable_signup'],
    ['auth.emial.enable_signup', 'auth.email'],
    ['auth.email.enable_confirmation', 'auth.email.enable_confirmations'],
    ['auth.external.gogle.enabled', 'auth.external.google'],
    ['auth.external.github.client_key', 'auth.external.github.client_id'],
    ['auth.web3.solona.enabled', 'auth.web3.solana'],
    ['auth.sms.twilio.acount_sid', 'auth.sms.twilio.account_sid'],
    ['db.settings.work_men', 'db.settings.work_mem'],
    ['db.seed.sql_path', 'db.seed.sql_paths'],
    ['storage.buckets.images.publik', 'storage.buckets.images.public'],
    ['functions.hello.verify_jtw', 'functions.hello.verify_jwt'],
    ['studio.prot', 'studio.port'],
    ['api.something_else_entirely', undefined],
  ];
  const text = write(typos.map(([path]) => ({ path: path.split('.'), type: undefined, value: true })));
  const notices = await noticesOf({ 'supabase/config.json': text });
  const expected = typos.map(([path, meant]) => {
    const question = meant === undefined ? '' : `; did you mean ${meant}?`;
    // A table is named as a whole.
    const key = path
      .split('.')
      .slice(0, meant?.split('.').length ?? 2)
      .join('.');
    return `supabase/config.json: ${key} is unknown and ignored${question}`;
  });
  expect(notices.toSorted()).toEqual(expected.toSorted());
});

test('a setting that nothing here can follow is named once, unless it asks for nothing', async () => {
  const asked = `
    api = { enabled = false, tls = { enabled = true } }
    auth = { enabled = false, web3 = { solana = { enabled = true } }, third_party = { clerk = { enabled = true, domain = "x" } } }
    db = { major_version = 15, pooler = { enabled = true, port = 1 } }
    storage = { analytics = { enabled = true, max_tables = 1 }, vector = { buckets = { v = {} } } }
    compute = { api = { size = "2gb" } }
    experimental = { orioledb_version = "15" }`;
  await using project = await makeProject({ 'supabase/config.toml': asked });
  const notices = (await loadConfig(project.root)).notices().filter((line) => line.includes('not supported'));
  expect(notices.map((line) => line.replace(/.*ignored: /, '').split(', '))).toEqual([
    [
      'api.enabled',
      'api.tls.enabled',
      'auth.enabled',
      'auth.third_party.clerk.enabled',
      'auth.web3.solana.enabled',
      'compute',
      'db.pooler.enabled',
      'experimental.orioledb_version',
      'storage.analytics.enabled',
      'storage.vector.buckets',
    ],
  ]);
});
