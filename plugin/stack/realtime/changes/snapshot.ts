/** Which transactions a moment has seen, as `pg_current_snapshot()` tells it. */
export class Snapshot {
  readonly #min: number;
  readonly #max: number;
  readonly #running: ReadonlySet<number>;

  /** @param text such as `10:20:10,14` */
  constructor(text: string) {
    const [min = '', max = '', running = ''] = text.split(':');
    this.#min = lower(min);
    this.#max = lower(max);
    this.#running = new Set(running === '' ? [] : running.split(',').map(lower));
  }

  /** Whether what this transaction did was visible. Ids of transactions wrap around at 32 bits. */
  sees(xid: number): boolean {
    if (isBefore(xid, this.#min)) return true;
    return isBefore(xid, this.#max) && !this.#running.has(xid);
  }
}

function lower(xid: string): number {
  return Number(BigInt(xid) & 0xffffffffn);
}

function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
