import type { OutgoingHttpHeaders } from 'node:http';
import type { Random } from '../../helpers/random.ts';

export interface RandomRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

const TABLES = ['people', 'tasks', 'labels', 'task_labels', 'secrets', 'open_tasks'];
const FUNCTIONS = ['echo', 'people_named', 'raw', 'total', 'boss', 'nothing'];
const COLUMNS = [
  'id',
  'name',
  'info',
  'tags',
  'mood',
  'mail',
  'born',
  'span',
  'doc',
  'person_id',
  'title',
  'done',
  'value',
];
const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
  'in',
  'is',
  'isdistinct',
  'fts',
  'plfts',
  'phfts',
  'wfts',
  'cs',
  'cd',
  'ov',
  'sl',
  'sr',
  'nxr',
  'nxl',
  'adj',
  'not.eq',
  'not.in',
  'eq(any)',
  'like(all)',
  'fts(english)',
];
const VALUES = [
  '1',
  '0',
  '-1',
  '2147483648',
  'null',
  'true',
  'p1',
  'ok',
  '{x}',
  '{1,2}',
  '(1,2,3)',
  '("a,b",c)',
  '[1,3)',
  '{"a":1}',
  '2000-01-01',
  '*a*',
  '%',
  '',
];
// Input that breaks other servers: quotes, comments, casts, encodings, unbalanced brackets, format characters.
const HOSTILE = [
  "'",
  "''",
  '"',
  '""',
  '\\',
  "';select pg_sleep(1);--",
  '"; drop table people; --',
  '/*',
  '*/',
  '--',
  '$$',
  '$1',
  '%00',
  '%27',
  '%22',
  '%5C',
  '%',
  '%zz',
  '%c3%28',
  '%f0%9f%92%a9',
  '%e2%80%ae',
  '\u00e9',
  '(',
  ')',
  '((',
  '))',
  '{',
  '}',
  '[',
  ']',
  ',',
  ',,',
  '.',
  '..',
  ':',
  '::',
  '->',
  '->>',
  '!',
  '...',
  '*',
  '&&',
  ';',
  '=',
  '#',
  '+',
  '%0a',
  '%0d%0a',
  '%09',
  'constructor',
  '__proto__',
  'toString',
  'select',
  'count()',
  'pgrst_source',
  '_postgrest_t',
  'pgrst_body',
  'information_schema',
  'pg_catalog.pg_authid',
  'secrets',
  'secrets(value)',
  "1' or '1'='1",
  '1 or 1=1',
  'NaN',
  '1e999',
  '9'.repeat(40),
  'a'.repeat(300),
  '('.repeat(300),
  'a('.repeat(200),
  '\u0007',
];

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

const chance = (random: Random, probability: number): boolean => random() < probability;
const times = (random: Random, most: number): number => Math.floor(random() * (most + 1));
function repeat<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: times(random, most) }, make);
}

function value(random: Random): string {
  return chance(random, 0.15) ? pick(random, HOSTILE) : pick(random, VALUES);
}

function column(random: Random): string {
  return chance(random, 0.05) ? pick(random, HOSTILE) : pick(random, COLUMNS);
}

function field(random: Random): string {
  const path = chance(random, 0.15) ? pick(random, ['->a', '->>a', '->a->b->0', '->-1', '->"x"']) : '';
  return column(random) + path;
}

function selectItem(random: Random, depth: number): string {
  const alias = chance(random, 0.2) ? `${pick(random, ['x', 'id', '"y z"'])}:` : '';
  if (depth < 4 && chance(random, 0.3)) {
    const hint = chance(random, 0.2)
      ? pick(random, ['!inner', '!left', '!person_id', '!task_labels', '!nope'])
      : '';
    const spread = chance(random, 0.2) ? '...' : alias;
    const target = pick(random, [...TABLES, 'boss', 'person_id', 'nope']);
    return `${spread}${target}${hint}(${select(random, depth + 1)})`;
  }
  if (chance(random, 0.1)) return '*';
  const cast = chance(random, 0.1) ? `::${pick(random, ['text', 'int', 'json', 'nope'])}` : '';
  const aggregate = chance(random, 0.1) ? pick(random, ['.count()', '.sum()', '.max()', '.avg()::text']) : '';
  return alias + field(random) + cast + aggregate;
}

function select(random: Random, depth: number): string {
  return repeat(random, 4, () => selectItem(random, depth)).join(',');
}

const condition = (random: Random): string => `${pick(random, OPERATORS)}.${value(random)}`;

function logic(random: Random, depth: number): string {
  if (depth < 4 && chance(random, 0.3))
    return `${pick(random, ['and', 'or', 'not.and'])}(${repeat(random, 3, () => logic(random, depth + 1)).join(',')})`;
  return `${field(random)}.${condition(random)}`;
}

function parameter(random: Random): string {
  const prefix = chance(random, 0.2) ? `${pick(random, TABLES)}.` : '';
  switch (
    pick(random, ['select', 'filter', 'filter', 'order', 'limit', 'logic', 'columns', 'conflict', 'hostile'])
  ) {
    case 'select':
      return `select=${select(random, 0)}`;
    case 'filter':
      return `${prefix}${field(random)}=${condition(random)}`;
    case 'order': {
      const term = (): string =>
        pick(random, [field(random), `${pick(random, TABLES)}(${column(random)})`]) +
        pick(random, ['', '.asc', '.desc', '.desc.nullslast', '.nope']);
      return `${prefix}order=${[term(), ...repeat(random, 2, term)].join(',')}`;
    }
    case 'limit':
      return `${prefix}${pick(random, ['limit', 'offset'])}=${value(random)}`;
    case 'logic':
      return `${prefix}${pick(random, ['and', 'or', 'not.or'])}=(${repeat(random, 3, () => logic(random, 0)).join(',')})`;
    case 'columns':
      return `columns=${repeat(random, 3, () => column(random)).join(',')}`;
    case 'conflict':
      return `on_conflict=${column(random)}`;
    default:
      return `${pick(random, HOSTILE)}=${pick(random, HOSTILE)}`;
  }
}

function body(random: Random): string {
  const object = (): Record<string, unknown> =>
    Object.fromEntries(
      repeat(random, 4, () => [
        column(random),
        pick<unknown>(random, [1, null, 'a', true, [1], { a: 1 }, pick(random, HOSTILE), random() * 1e9]),
      ]),
    );
  switch (pick(random, ['object', 'object', 'array', 'csv', 'form', 'hostile', 'deep', 'empty'])) {
    case 'object':
      return JSON.stringify(object());
    case 'array':
      return JSON.stringify(repeat(random, 3, object));
    case 'csv':
      return `id,name\n${value(random)},${value(random)}\n`;
    case 'form':
      return `${column(random)}=${value(random)}&a=${value(random)}`;
    case 'hostile':
      return repeat(random, 10, () => pick(random, HOSTILE)).join('');
    case 'deep':
      return '['.repeat(3000) + ']'.repeat(3000);
    default:
      return '';
  }
}

const PREFERENCES = [
  'return=representation',
  'return=minimal',
  'return=headers-only',
  'count=exact',
  'count=planned',
  'count=estimated',
  'resolution=merge-duplicates',
  'resolution=ignore-duplicates',
  'missing=default',
  'handling=strict',
  'max-affected=1',
  'timezone=America/Lima',
  'timezone=x',
  'tx=rollback',
  'nope',
];
const TYPES = [
  'application/json',
  'text/csv',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'text/plain',
  'application/vnd.pgrst.object+json',
  'application/vnd.pgrst.array+json;nulls=stripped',
  'application/vnd.pgrst.plan+json',
  'application/geo+json',
  'text/xml',
  '*/*',
  'constructor',
  ';;',
];

/** A request of which some parts are valid. */
export function randomRequest(random: Random): RandomRequest {
  const method = pick(random, ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);
  const hostilePath = chance(random, 0.03);
  const target = chance(random, 0.25) ? `/rpc/${pick(random, FUNCTIONS)}` : `/${pick(random, TABLES)}`;
  const parameters = repeat(random, 4, () => parameter(random));
  const argument = chance(random, 0.3) ? [`${pick(random, ['a', 'b', 'n', 'v'])}=${value(random)}`] : [];
  const query = [...parameters, ...argument].join('&');
  // Encoded, because an HTTP client refuses other characters in a request line.
  const path = encodeURI(`${hostilePath ? `/${pick(random, HOSTILE)}` : target}?${query}`).replaceAll(
    '%25',
    '%',
  );
  const headers: OutgoingHttpHeaders = {};
  const set = (name: string, probability: number, text: () => string): void => {
    if (chance(random, probability)) headers[name] = text().replaceAll(/[^\u0020-\u007e]/g, '?');
  };
  set('prefer', 0.4, () => repeat(random, 4, () => pick(random, PREFERENCES)).join(', '));
  set('accept', 0.3, () => repeat(random, 3, () => pick(random, TYPES)).join(', '));
  set('content-type', 0.3, () => pick(random, TYPES));
  set('range', 0.1, () => pick(random, ['0-1', '5-2', 'a-b', '0-', '99999999999999999999-']));
  set('accept-profile', 0.03, () => pick(random, ['public', 'graphql_public', ...HOSTILE]));
  set('content-profile', 0.03, () => pick(random, ['public', ...HOSTILE]));
  set('authorization', 0.05, () => `Bearer ${pick(random, ['', 'a.b.c', 'a.b', ...HOSTILE])}`);
  set('cookie', 0.05, () => `${pick(random, HOSTILE)}=${pick(random, HOSTILE)}`);
  set('x-hostile', 0.1, () => pick(random, HOSTILE));
  return { method, path, headers, body: ['GET', 'HEAD', 'OPTIONS'].includes(method) ? '' : body(random) };
}
