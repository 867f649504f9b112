// https://www.postgresql.org/docs/17/protocol-logicalrep-message-formats.html
import { MessageReader, type ColumnValue } from './message-reader.ts';

/** A table at the time of a change. Altering the table creates a new object. */
export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** `REPLICA IDENTITY FULL`. */
  readonly hasFullIdentity: boolean;
  readonly columns: readonly RelationColumn[];
}

export interface RelationColumn {
  readonly name: string;
  readonly typeOid: number;
  /** Part of the replica identity. */
  readonly isKey: boolean;
}

export interface RowChange {
  readonly type: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly relation: Relation;
  /** The new row; undefined for a delete. In the order of the relation's columns. */
  readonly row: readonly ColumnValue[] | undefined;
  /** The old row: the columns of the replica identity; undefined when it was not logged. */
  readonly oldRow: readonly ColumnValue[] | undefined;
  /** Size in the log, in bytes. */
  readonly bytes: number;
}

export type LogMessage =
  | {
      readonly kind: 'begin';
      readonly finalLsn: bigint;
      readonly commitTime: Date;
      readonly xid: number;
    }
  | { readonly kind: 'commit'; readonly endLsn: bigint }
  /** `change` is undefined for a table that is not wanted. */
  | { readonly kind: 'change'; readonly change: RowChange | undefined };

const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000n;

/** Decodes the `pgoutput` messages of one connection (protocol version 1, text format). */
export class PgOutputDecoder {
  readonly #relations = new Map<number, Relation>();
  readonly #isWanted: (relation: Relation) => boolean;

  /** @param isWanted changes of other tables are not decoded */
  constructor(isWanted: (relation: Relation) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Undefined for other kinds of messages. The buffer may be reused afterwards. */
  decode(data: Buffer): LogMessage | undefined {
    const reader = new MessageReader(data);
    switch (reader.char()) {
      case 'B': {
        const finalLsn = reader.int64();
        const commitTime = toDate(reader.int64());
        return { kind: 'begin', finalLsn, commitTime, xid: reader.uint32() };
      }
      case 'C':
        reader.skip(9);
        return { kind: 'commit', endLsn: reader.int64() };
      case 'R':
        this.#readRelation(reader);
        return undefined;
      case 'I':
        return this.#readChange(reader, 'INSERT', data.length);
      case 'U':
        return this.#readChange(reader, 'UPDATE', data.length);
      case 'D':
        return this.#readChange(reader, 'DELETE', data.length);
      default:
        return undefined;
    }
  }

  #readRelation(reader: MessageReader): void {
    const oid = reader.uint32();
    const schema = reader.text();
    const table = reader.text();
    const hasFullIdentity = reader.char() === 'f';
    const columns: RelationColumn[] = [];
    for (let count = reader.int16(); count > 0; count--) {
      const isKey = (reader.byte() & 1) === 1;
      const name = reader.text();
      columns.push({ name, typeOid: reader.uint32(), isKey });
      reader.skip(4);
    }
    // An empty schema stands for pg_catalog.
    this.#relations.set(oid, { oid, schema: schema || 'pg_catalog', table, hasFullIdentity, columns });
  }

  #readChange(reader: MessageReader, type: RowChange['type'], bytes: number): LogMessage {
    const relation = this.#relations.get(reader.uint32());
    if (!relation || !this.#isWanted(relation)) return { kind: 'change', change: undefined };
    let oldRow: ColumnValue[] | undefined;
    let row: ColumnValue[] | undefined;
    while (reader.hasMore()) {
      // 'O' is the whole old row, 'K' its key with nulls for the rest.
      const part = reader.char();
      const values = reader.tuple();
      if (part === 'N') row = values;
      else if (part === 'O') oldRow = values;
      else oldRow = values.map((value, i) => (relation.columns[i]?.isKey ? value : undefined));
    }
    return { kind: 'change', change: { type, relation, row, oldRow, bytes } };
  }
}

function toDate(microsecondsSince2000: bigint): Date {
  return new Date(Number((microsecondsSince2000 + MICROSECONDS_1970_TO_2000) / 1000n));
}
