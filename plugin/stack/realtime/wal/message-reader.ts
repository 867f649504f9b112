/** A column's value in PostgreSQL's text format; null for NULL, undefined for an unchanged TOASTed value. */
export type ColumnValue = string | null | undefined;

/** Reads the fields of one `pgoutput` message from start to end. */
export class MessageReader {
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
