import type { RestTarget } from '../../shared/observations.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { withoutPolicies } from './caller.ts';
import type { CallerSettings, ReadSession } from './explain-database.ts';
import { qualified } from './quote.ts';
import type { RelationFacts } from './relations.ts';
import type { SampleRow } from './rows.ts';

/**
 * The row that an insert or update would have written, as text of the row type: the values sent, over the defaults of the
 * columns or over the first row that the filters name. Triggers and sequences do not run.
 */
export async function newRow(
  session: ReadSession,
  relation: RelationFacts,
  target: RestTarget,
  settings: CallerSettings,
): Promise<SampleRow | undefined> {
  const sent = parseJson(target.body ?? '');
  const values: unknown = Array.isArray(sent) ? sent[0] : sent;
  if (!isObject(values)) return undefined;
  const type = qualified(relation);
  const asPostgres = withoutPolicies(settings);
  let base = 'null';
  let params: string[] = [JSON.stringify(values)];
  if (target.action === 'update') {
    const matching = target.matching?.(1);
    const found = matching && (await session.attempt(asPostgres, matching));
    const row = found && 'rows' in found ? found.rows[0]?.row : undefined;
    if (typeof row !== 'string') return undefined;
    base = '$2';
    params = [...params, row];
  }
  const defaults = target.action === 'insert' ? await defaultsOf(session, relation, values, asPostgres) : {};
  params[0] = JSON.stringify({ ...defaults, ...values });
  const built = await session.attempt(asPostgres, {
    text: `select jsonb_populate_record(${base}::${type}, $1)::text as row`,
    params,
  });
  const text = 'rows' in built ? built.rows[0]?.row : undefined;
  if (typeof text !== 'string') return undefined;
  const shown = Object.entries(values).slice(0, 4);
  const label = shown
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return { text, label };
}

/** Values of the defaults of columns that were not sent, such as `auth.uid()`; those of sequences are left out. */
async function defaultsOf(
  session: ReadSession,
  { oid }: RelationFacts,
  sent: Readonly<Record<string, unknown>>,
  settings: CallerSettings,
): Promise<Record<string, unknown>> {
  const columns = await session.rows<{ name: string; expression: string }>(
    `select a.attname::text as name, pg_get_expr(d.adbin, d.adrelid) as expression
     from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where d.adrelid = $1::oid and a.attgenerated = '' and pg_get_expr(d.adbin, d.adrelid) not like '%nextval(%'`,
    [oid],
  );
  const defaults: Record<string, unknown> = {};
  for (const { name, expression } of columns) {
    if (Object.hasOwn(sent, name)) continue;
    const attempt = await session.attempt(settings, {
      text: `select to_jsonb(${expression}) as value`,
      params: [],
    });
    if ('rows' in attempt) defaults[name] = attempt.rows[0]?.value;
  }
  return defaults;
}
