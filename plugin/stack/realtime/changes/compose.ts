// supabase/realtime v2.129.8 lib/realtime/tenants/repo/migrations (`realtime.apply_rls`)
import type pg from 'pg';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { ColumnValue } from '../wal/message-reader.ts';
import { encodeValue } from './json-values.ts';
import type { RelationInfo } from './relation-info.ts';
import type { Visibility } from './visibility.ts';

/** Values of one change as JSON text, in column order; undefined for a value that was not logged. */
export interface EncodedChange {
  readonly change: CommittedChange;
  readonly info: RelationInfo;
  readonly row: readonly (string | undefined)[];
  readonly oldRow: readonly (string | undefined)[];
  /** Larger than the limit for records: only small values are sent. */
  readonly isTooLarge: boolean;
}

// Values up to this size are sent even in a record that is too large.
const SMALL_VALUE_BYTES = 64;

/** Encodes the values of changes as JSON; those that only PostgreSQL can encode take one round trip for all. */
export async function encodeChanges(
  pool: pg.Pool,
  changes: readonly { change: CommittedChange; info: RelationInfo }[],
  maxRecordBytes: number,
): Promise<EncodedChange[]> {
  const open: { values: (string | undefined)[]; position: number; typeOid: number; text: string }[] = [];
  const encode = (info: RelationInfo, row: readonly ColumnValue[]): (string | undefined)[] => {
    const values: (string | undefined)[] = [];
    for (const [position, { kind, typeOid }] of info.columns.entries()) {
      const value = row[position];
      const json = value === undefined ? undefined : encodeValue(kind, value);
      values.push(json);
      if (json === undefined && typeof value === 'string')
        open.push({ values, position, typeOid, text: value });
    }
    return values;
  };
  const encoded = changes.map(({ change, info }) => ({
    change,
    info,
    row: encode(info, mergeUnchanged(change)),
    oldRow: encode(info, identityOf(change, info)),
    isTooLarge: change.bytes > maxRecordBytes,
  }));
  if (open.length > 0) {
    const { rows } = await pool.query<{ results: string[] }>({
      name: 'encode_values',
      text: `select _realtime.encode_values($1, $2, current_setting('search_path')) as results`,
      values: [open.map(({ typeOid }) => typeOid), open.map(({ text }) => text)],
    });
    for (const [i, { values, position }] of open.entries()) values[position] = rows[0]?.results[i];
  }
  return encoded;
}

/** An unchanged TOASTed value is logged only as part of the old row. */
function mergeUnchanged({ row, oldRow }: CommittedChange): readonly ColumnValue[] {
  if (!row) return [];
  return row.map((value, i) => (value === undefined ? (oldRow?.[i] ?? undefined) : value));
}

/** The logged columns of the old row, at least the key of the replica identity. */
function identityOf(change: CommittedChange, info: RelationInfo): readonly ColumnValue[] {
  const { type, relation, row, oldRow } = change;
  if (oldRow) return oldRow;
  if (type !== 'UPDATE' || relation.hasFullIdentity) return [];
  return info.columns.map((_, i) => (relation.columns[i]?.isKey ? row?.[i] : undefined));
}

/**
 * The `data` of a change, as JSON text, for viewers who may see these columns.
 *
 * @param select columns to send in addition to the primary key; undefined for all
 */
export function composeData(
  { change, info, row, oldRow, isTooLarge }: EncodedChange,
  visibility: Visibility,
  select: readonly string[] | undefined,
): string {
  const { type, relation, commitTime } = change;
  const isKey = (i: number): boolean => info.primaryKey.includes(i);
  const isIncluded = (i: number): boolean => {
    const name = info.columns[i]?.name ?? '';
    return visibility.columns.has(name) && (!select || select.includes(name) || isKey(i));
  };
  const record = (values: readonly (string | undefined)[], onlyKey = false): string => {
    const fields: string[] = [];
    for (const i of info.keyOrder) {
      const value = values[i];
      if (value === undefined || !isIncluded(i) || (onlyKey && !isKey(i))) continue;
      if (isTooLarge && Buffer.byteLength(value) > SMALL_VALUE_BYTES) continue;
      fields.push(`${JSON.stringify(info.columns[i]?.name)}:${value}`);
    }
    return `{${fields.join(',')}}`;
  };
  const columns = info.columns
    .filter((_, i) => isIncluded(i))
    .map(({ name, typeName }) => ({ name, type: typeName }));
  return writeData({
    type,
    relation,
    record: type === 'DELETE' ? undefined : record(row),
    columns: JSON.stringify(columns),
    error: isTooLarge ? 'Error 413: Payload Too Large' : undefined,
    commitTime,
    // A deleted row cannot be checked against policies: with row level security only its key is sent.
    oldRecord: type === 'INSERT' ? undefined : record(oldRow, type === 'DELETE' && visibility.isSecured),
  });
}

/** The `data` of a change whose row the subscriber may not see, or that cannot be checked. */
export function composeError({ type, relation }: CommittedChange, error: string): string {
  const oldRecord = type === 'UPDATE' ? '{}' : undefined;
  return writeData({ type, relation, record: '{}', columns: '[]', error, commitTime: undefined, oldRecord });
}

function writeData(data: {
  type: string;
  relation: CommittedChange['relation'];
  record: string | undefined;
  columns: string;
  error: string | undefined;
  commitTime: Date | undefined;
  oldRecord: string | undefined;
}): string {
  const { schema, table } = data.relation;
  const fields = [
    `"table":${JSON.stringify(table)}`,
    `"type":"${data.type}"`,
    ...(data.record === undefined ? [] : [`"record":${data.record}`]),
    `"columns":${data.columns}`,
    `"errors":${data.error === undefined ? 'null' : JSON.stringify([data.error])}`,
    `"schema":${JSON.stringify(schema)}`,
    `"commit_timestamp":${JSON.stringify(data.commitTime ?? null)}`,
    ...(data.oldRecord === undefined ? [] : [`"old_record":${data.oldRecord}`]),
  ];
  return `{${fields.join(',')}}`;
}
