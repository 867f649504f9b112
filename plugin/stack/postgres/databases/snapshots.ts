import { SupabaseDevError } from '../../../shared/errors.ts';
import { dropDatabase, listDatabases } from './clone.ts';
import { rename } from './exchange.ts';
import { LIVE, PREVIOUS, SNAPSHOT_PREFIX } from './names.ts';
import type { DatabaseServer } from './server.ts';
import type { Templates } from './templates.ts';

export interface Snapshot {
  readonly name: string;
  /** When it was made. */
  readonly created: Date;
  /** Bytes of the database. */
  readonly size: number;
}

/** Automatic ones are removed, the oldest first. */
const AUTOMATIC = 'before-';
const MAX_AUTOMATIC = 5;

const NAME = /^[\w.-]{1,40}$/;

/** The states of the database that are kept by name. */
export class Snapshots {
  readonly #server: DatabaseServer;
  readonly #templates: Templates;

  constructor(server: DatabaseServer, templates: Templates) {
    this.#server = server;
    this.#templates = templates;
  }

  /** Replaces one of the same name. It ends all connections to the live database. */
  async save(name: string): Promise<void> {
    const database = databaseOf(name);
    const copy = await this.#templates.copy(LIVE);
    await this.#server.administer((admin) => dropDatabase(admin, database));
    await rename(this.#server, [{ from: copy, to: database }]);
  }

  /** Keeps what the last exchange replaced, and removes the oldest of those. Returns the name. */
  async keepPrevious(now: Date): Promise<string> {
    const name = `${AUTOMATIC}${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}`;
    await this.#server.administer((admin) => dropDatabase(admin, databaseOf(name)));
    await rename(this.#server, [{ from: PREVIOUS, to: databaseOf(name) }]);
    return name;
  }

  /** The names of automatic ones that are too many. */
  async findExcess(): Promise<string[]> {
    const names = (await this.list()).map((snapshot) => snapshot.name);
    return names.filter((name) => name.startsWith(AUTOMATIC)).slice(0, -MAX_AUTOMATIC);
  }

  /** A copy, to be put in the place of the live database. @throws SupabaseDevError SNAPSHOT_MISSING */
  async copy(name: string): Promise<string> {
    await this.#require(name);
    return this.#templates.copyUpdated(databaseOf(name));
  }

  /** By name. */
  async list(): Promise<Snapshot[]> {
    const { rows } = await this.#server.administer((admin) =>
      admin.query<{ datname: string; created: Date; size: string }>(
        `select datname, pg_database_size(oid) as size, (pg_stat_file('base/' || oid || '/PG_VERSION')).modification as created
          from pg_database where starts_with(datname, $1) order by datname`,
        [SNAPSHOT_PREFIX],
      ),
    );
    return rows.map(({ datname, created, size }) => ({
      name: datname.slice(SNAPSHOT_PREFIX.length),
      created,
      size: Number(size),
    }));
  }

  /** @throws SupabaseDevError SNAPSHOT_MISSING */
  async delete(name: string): Promise<void> {
    await this.#require(name);
    await this.#server.administer((admin) => dropDatabase(admin, databaseOf(name)));
  }

  async #require(name: string): Promise<void> {
    const database = databaseOf(name);
    const found = await this.#server.administer((admin) => listDatabases(admin, database));
    if (found.includes(database)) return;
    const names = (await this.list()).map((snapshot) => snapshot.name);
    throw new SupabaseDevError('SNAPSHOT_MISSING', `There is no snapshot "${name}"`, {
      hint: names.length > 0 ? `There are: ${names.join(', ')}.` : 'Save one with: snapshot save NAME.',
    });
  }
}

/** @throws SupabaseDevError USAGE for a name that cannot be one */
function databaseOf(name: string): string {
  if (NAME.test(name) && !/^\.+$/.test(name)) return SNAPSHOT_PREFIX + name;
  throw new SupabaseDevError('USAGE', `"${name}" cannot be the name of a snapshot`, {
    hint: 'Use up to 40 letters, digits, dots, hyphens and underscores.',
  });
}
