import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PUBLISHABLE_KEY as KEY } from './api.ts';

/** Writes through the API all the time, and remembers what was acknowledged. */
export class Writers {
  readonly rows: string[] = [];
  readonly users: string[] = [];
  /** Name and SHA-256 of an object's content. */
  readonly objects = new Map<string, string>();
  url = '';
  #running: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  start(): void {
    const writes = [
      () => this.#insert(),
      () => this.#put(randomUUID()),
      () => this.#overwrite(),
      () => this.#signUp(),
    ];
    const loops = writes.map(async (write) => {
      while (!this.#isStopped) if (!(await write().catch(() => false))) await delay(20);
    });
    this.#running = Promise.all(loops);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #insert(): Promise<boolean> {
    const id = randomUUID();
    const isDone = await this.#post('/rest/v1/items', JSON.stringify({ id }), 'application/json');
    if (isDone) this.rows.push(id);
    return isDone;
  }

  async #signUp(): Promise<boolean> {
    const email = `${randomUUID()}@example.com`;
    const body = JSON.stringify({ email, password: 'a password' });
    const isDone = await this.#post('/auth/v1/signup', body, 'application/json');
    if (isDone) this.users.push(email);
    return isDone;
  }

  async #overwrite(): Promise<boolean> {
    const name = `twice-${randomUUID()}`;
    return (await this.#put(name)) && this.#put(name, { 'x-upsert': 'true' });
  }

  async #put(name: string, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
    const content = randomBytes(randomInt(1, 20_000));
    // Of an overwrite that is not acknowledged, both contents would be right.
    this.objects.delete(name);
    const isDone = await this.#post(`/storage/v1/object/files/${name}`, content, 'image/png', headers);
    if (isDone) this.objects.set(name, createHash('sha256').update(content).digest('hex'));
    return isDone;
  }

  async #post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    type: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<boolean> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { apikey: KEY, 'content-type': type, ...headers },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.ok;
  }
}
