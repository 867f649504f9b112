import { below, pick, type Random } from '../../helpers/random.ts';

const NAMES = [
  'email',
  'password',
  'phone',
  'token',
  'type',
  'data',
  'provider',
  'code',
  'create_user',
  'topic',
  'event',
  'payload',
  'messages',
  'private',
  'config',
  'broadcast',
  'presence',
  'key',
  'self',
  'ack',
  'enabled',
  'postgres_changes',
  'schema',
  'table',
  'filter',
  'select',
  'replay',
  'since',
  'limit',
  'access_token',
  'user_token',
  'prefix',
  'name',
  'id',
  'public',
  '__proto__',
  'constructor',
  'toString',
  '',
  'phx_ref',
  'toJSON',
  'meta',
];

const SCALARS = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1e400',
  '1.5',
  '123456789012345678901234567890',
  '""',
  '"a@b.c"',
  '"track"',
  '"room"',
  '"public"',
  '"items"',
  '"*"',
  '"id=eq.1"',
  '"id=in.(1,2"',
  '"name=match.("',
  String.raw`"\u0000"`,
  String.raw`"\ud800"`,
  '"sb_secret_x"',
  '"a.b.c"',
  `"${'x'.repeat(5000)}"`,
  'NaN',
  "'x'",
];

/** JSON text, sometimes malformed, sometimes very deep or wide. */
export function randomJson(random: Random, depth = 0): string {
  const kind = random();
  if (depth === 0 && kind < 0.05) return deep(random);
  if (depth === 0 && kind < 0.1) return `[${Array(below(random, 5000)).fill('[]').join()}]`;
  if (depth === 0 && kind < 0.15) return randomJson(random, 1).slice(0, below(random, 40));
  if (depth > 4 || kind < 0.4) return pick(random, SCALARS);
  const items = Array.from({ length: below(random, 5) }, () => randomJson(random, depth + 1));
  if (kind < 0.55) return `[${items.join()}]`;
  return `{${items.map((item) => `${JSON.stringify(pick(random, NAMES))}:${item}`).join()}}`;
}

function deep(random: Random): string {
  const levels = pick(random, [900, 1001, 5000, 50_000]);
  const [open, close] = pick(random, [
    ['[', ']'],
    ['{"a":', '}'],
    ['{"payload":[', ']}'],
  ] as const);
  return `${open.repeat(levels)}${pick(random, ['1', ''])}${close.repeat(levels)}`;
}
