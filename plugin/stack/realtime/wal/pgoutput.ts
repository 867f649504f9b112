/** A column's value as PostgreSQL writes it as text; null for NULL, undefined for an unchanged TOASTed value. */
export type ColumnValue = string | null | undefined;

/** A table as it was when the change that follows it was made. A change of the table makes a new object. */
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
  /** The old row as far as the replica identity tells it; undefined when it was not logged. */
  readonly oldRow: readonly ColumnValue[] | undefined;
  /** Bytes in the log. */
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
  /** `change` is undefined for a table that nobody wants. */
  | { readonly kind: 'change'; readonly change: RowChange | undefined };

const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000n;

/** Decodes the messages of `pgoutput`, protocol version 1, in text format, of one connection. */
export class PgOutputDecoder {
  readonly #relations = new Map<number, Relation>();
  readonly #isWanted: (relation: Relation) => boolean;

  /** @param isWanted changes of other tables are not decoded */
  constructor(isWanted: (relation: Relation) => boolean) {
    this.#isWanted = isWanted;
  }

  /** Undefined for a message of no interest. The buffer may be reused afterwards. */
  decode(data: Buffer): LogMessage | undefined {
    const reader = new Reader(data);
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

  #readRelation(reader: Reader): void {
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

  #readChange(reader: Reader, type: RowChange['type'], bytes: number): LogMessage {
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

class Reader {
  readonly #data: Buffer;
  #offset = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  hasMore(): boolean {
    return this.#offset < this.#data.length;
  }

  skip(bytes: number): void {
    this.#offset += bytes;
  }

  byte(): number {
    return this.#data.readUInt8(this.#offset++);
  }

  char(): string {
    return String.fromCodePoint(this.byte());
  }

  int16(): number {
    this.#offset += 2;
    return this.#data.readInt16BE(this.#offset - 2);
  }

  uint32(): number {
    this.#offset += 4;
    return this.#data.readUInt32BE(this.#offset - 4);
  }

  int64(): bigint {
    this.#offset += 8;
    return this.#data.readBigInt64BE(this.#offset - 8);
  }

  text(): string {
    const end = this.#data.indexOf(0, this.#offset);
    const text = this.#data.toString('utf8', this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  tuple(): ColumnValue[] {
    const values: ColumnValue[] = [];
    for (let count = this.int16(); count > 0; count--) {
      const format = this.char();
      if (format === 'n') values.push(null);
      else if (format === 'u') values.push(undefined);
      else values.push(this.#value());
    }
    return values;
  }

  #value(): string {
    const length = this.uint32();
    this.#offset += length;
    return this.#data.toString('utf8', this.#offset - length, this.#offset);
  }
}
