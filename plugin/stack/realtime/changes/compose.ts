import type pg from 'pg';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { ColumnValue } from '../wal/pgoutput.ts';
import { encodeValue } from './json-values.ts';
import type { RelationInfo } from './relation-info.ts';
import type { Visibility } from './visibility.ts';

/** Values of one change as JSON text, in the order of the columns; undefined for a value that is not known. */
export interface EncodedChange {
  readonly change: CommittedChange;
  readonly info: RelationInfo;
  readonly row: readonly (string | undefined)[];
  readonly oldRow: readonly (string | undefined)[];
  /** Larger than a record may be: only small values are delivered. */
  readonly isTooLarge: boolean;
}

// Of a record that is too large, values up to this size are delivered.
const SMALL_VALUE_BYTES = 64;

/** Writes the values of changes as JSON; those that only the database can write are asked for in one round trip. */
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
      text: 'select _realtime.encode_values($1, $2) as results',
      values: [open.map(({ typeOid }) => typeOid), open.map(({ text }) => text)],
    });
    for (const [i, { values, position }] of open.entries()) values[position] = rows[0]?.results[i];
  }
  return encoded;
}

/** TOASTed values that did not change are only in the log if the old row is. */
function mergeUnchanged({ row, oldRow }: CommittedChange): readonly ColumnValue[] {
  if (!row) return [];
  return row.map((value, i) => (value === undefined ? (oldRow?.[i] ?? undefined) : value));
}

/** The old row as far as it was logged, at least the key of the replica identity. */
function identityOf(change: CommittedChange, info: RelationInfo): readonly ColumnValue[] {
  const { type, relation, row, oldRow } = change;
  if (oldRow) return oldRow;
  if (type !== 'UPDATE' || relation.hasFullIdentity) return [];
  return info.columns.map((_, i) => (relation.columns[i]?.isKey ? row?.[i] : undefined));
}

/**
 * The `data` of a change, as JSON text, for those who may see these columns.
 *
 * @param select columns that the subscriber wants beside the primary key; undefined for all
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
    // What was deleted cannot be checked against policies, so under row level security only the key is told.
    oldRecord: type === 'INSERT' ? undefined : record(oldRow, type === 'DELETE' && visibility.isSecured),
  });
}

/** The `data` of a change that a subscriber may not see at all, or that cannot be checked. */
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
