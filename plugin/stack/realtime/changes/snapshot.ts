/** The transactions that were visible at one moment, from `pg_current_snapshot()`. */
export class Snapshot {
  readonly #min: number;
  readonly #max: number;
  readonly #running: ReadonlySet<number>;

  /** @param text such as `10:20:10,14` */
  constructor(text: string) {
    const [min = '', max = '', running = ''] = text.split(':');
    this.#min = low32(min);
    this.#max = low32(max);
    this.#running = new Set(running === '' ? [] : running.split(',').map(low32));
  }

  /** Whether this transaction was visible. `xid` is 32 bits, which wrap around. */
  includes(xid: number): boolean {
    if (isBefore(xid, this.#min)) return true;
    return isBefore(xid, this.#max) && !this.#running.has(xid);
  }
}

function low32(xid: string): number {
  return Number(BigInt(xid) & 0xffffffffn);
}

function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
