import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { MigrationFile } from '../migration-files.ts';
import { applyRunSettings, prepareSchema, type SchemaOptions } from '../project-schema.ts';
import { makeBase, nameBase } from './base-template.ts';
import { rememberSchema } from './by-hand.ts';
import { cloneDatabase, dropDatabase, listDatabases, type CloneStrategy } from './clone.ts';
import { rename } from './exchange.ts';
import { nameSeeded, nameTemplates } from './fingerprint.ts';
import { BUILD_PREFIX, FORK_PREFIX, LIVE, SEEDED_PREFIX, TEMPLATE_PREFIX } from './names.ts';
import { withClient, type DatabaseServer } from './server.ts';
import { adoptName } from './own-name.ts';

/** What builds and compares databases. */
export interface DatabaseParts {
  readonly server: DatabaseServer;
  readonly templates: Templates;
  readonly options: SchemaOptions;
}

/** What a database gets of the project. */
interface Content {
  readonly migrations: readonly MigrationFile[];
  readonly seed: boolean;
}

/** The templates of a server, and what is built from them. */
export class Templates {
  readonly #server: DatabaseServer;
  readonly #options: SchemaOptions;
  readonly #password: string;
  readonly #strategy: CloneStrategy;
  /** Copies that are ready, by template. */
  readonly #spares = new Map<string, string>();
  /** Templates that are being provided, by name. */
  readonly #providing = new Map<string, Promise<void>>();
  #baseName: Promise<string> | undefined;

  constructor(server: DatabaseServer, options: SchemaOptions, password: string, strategy: CloneStrategy) {
    this.#server = server;
    this.#options = options;
    this.#password = password;
    this.#strategy = strategy;
  }

  /**
   * A new database with the project's schema: a copy of the template with the most of its migrations, and the others.
   *
   * @throws SupabaseDevError MIGRATION_FAILED; nothing is left of it
   */
  async build(migrations: readonly MigrationFile[]): Promise<string> {
    const names = await nameTemplates(await this.#nameBase(), this.#options, migrations);
    return this.#make(await this.#findFirst(names.toReversed()), { migrations, seed: false });
  }

  /** The same with the seed. */
  async buildSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    // Its template exists when a copy does.
    const spare = this.#takeSpare(await this.nameSeeded(migrations));
    return spare ?? this.copy(await this.provideSeeded(migrations));
  }

  /** The template with all migrations, which is built if it is missing. @throws as `build` */
  async provide(migrations: readonly MigrationFile[]): Promise<string> {
    const names = await nameTemplates(await this.#provideBase(), this.#options, migrations);
    return this.#provide(names.at(-1) ?? '', async () =>
      this.#make(await this.#findFirst(names.toReversed()), { migrations, seed: false }),
    );
  }

  /** The template with all migrations and the seed, which is built if it is missing. @throws as `build` */
  async provideSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    const names = await nameTemplates(await this.#provideBase(), this.#options, migrations);
    const name = await nameSeeded(names.at(-1) ?? '', this.#options);
    return this.#provide(name, async () =>
      this.#make(await this.#findFirst(names.toReversed()), { migrations, seed: true }),
    );
  }

  /**
   * Makes ready what the next builds from these files copy, and drops the templates of files as they once were.
   *
   * @param unchanged how many of the first files will stay as they are; undefined: what has been made once is made ready again
   * @param use called with the database that the next `buildSeeded` returns, if there has been one before
   * @param isAwaited the next build waits already: the rest is left to its end
   * @throws as `build`
   */
  async prepare(
    migrations: readonly MigrationFile[],
    unchanged: number | undefined,
    { use, isAwaited }: { use: (spare: string) => Promise<void>; isAwaited: () => boolean },
  ): Promise<void> {
    const base = await this.#nameBase();
    const names = await nameTemplates(base, this.#options, migrations);
    const existing = await this.#list();
    const part =
      unchanged === undefined
        ? names.slice(0, -1).findLast((name) => existing.includes(name))
        : await this.provide(migrations.slice(0, unchanged));
    if (part !== undefined) await this.#stock(part);
    if (existing.some((name) => name.startsWith(SEEDED_PREFIX)) && !isAwaited()) {
      // The reset that needs it reports why it cannot be built.
      const seeded = await this.provideSeeded(migrations).catch(() => undefined);
      if (seeded !== undefined && !isAwaited()) await use(await this.#stock(seeded));
    }
    if (isAwaited()) return;
    await this.#dropOthers([base, ...names, await nameSeeded(names.at(-1) ?? '', this.#options)]);
  }

  /** The name that `provideSeeded` returns for these files. */
  async nameSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    const names = await nameTemplates(await this.#nameBase(), this.#options, migrations);
    return nameSeeded(names.at(-1) ?? '', this.#options);
  }

  /** A new database that is a copy of a template. */
  async copy(template: string, prefix = BUILD_PREFIX): Promise<string> {
    const name = prefix + randomBytes(6).toString('hex');
    await cloneDatabase(this.#server, template, name, this.#strategy);
    await this.#administer(name, async (admin) => {
      await applyRunSettings(admin, this.#options);
      await adoptName(admin, prefix === FORK_PREFIX ? name : LIVE);
    });
    return name;
  }

  /** A copy of a database that an older version, or a start with other settings, may have made: as this start makes it. */
  async copyUpdated(source: string): Promise<string> {
    const name = await this.copy(source);
    return this.#orDrop(name, () => this.#prepare(name, { migrations: [], seed: false }));
  }

  async drop(name: string): Promise<void> {
    await this.#server.administer((admin) => dropDatabase(admin, name));
  }

  async #make(from: string, content: Content): Promise<string> {
    const name = this.#takeSpare(from) ?? (await this.copy(from));
    return this.#orDrop(name, async () => {
      await this.#prepare(name, content);
      await this.#administer(name, async (admin) => {
        await rememberSchema(admin);
        await adoptName(admin, LIVE);
      });
    });
  }

  /** Makes a copy of a template for the next build from it, which it returns. */
  async #stock(template: string): Promise<string> {
    const spare = this.#spares.get(template) ?? (await this.copy(template));
    this.#spares.set(template, spare);
    return spare;
  }

  #takeSpare(template: string): string | undefined {
    const spare = this.#spares.get(template);
    this.#spares.delete(template);
    return spare;
  }

  async #prepare(name: string, content: Content): Promise<void> {
    await prepareSchema(this.#server.database(name), this.#options, this.#password, content);
  }

  #administer<T>(name: string, use: (admin: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.#server.database(name).connection('supabase_admin'), use);
  }

  async #orDrop(name: string, finish: () => Promise<void>): Promise<string> {
    try {
      await finish();
      return name;
    } catch (error) {
      await this.drop(name).catch((failure: unknown) => this.#options.logger.warn(errorMessage(failure)));
      throw error;
    }
  }

  /** Makes a template unless it exists; once, for all who need it at the same time. */
  async #provide(name: string, make: () => Promise<string>): Promise<string> {
    let providing = this.#providing.get(name);
    if (!providing) {
      providing = this.#makeNamed(name, make).finally(() => this.#providing.delete(name));
      this.#providing.set(name, providing);
    }
    await providing;
    return name;
  }

  /** Complete when it has its name. */
  async #makeNamed(name: string, make: () => Promise<string>): Promise<void> {
    if (await this.#exists(name)) return;
    const built = await make();
    await rename(this.#server, [{ from: built, to: name }]);
  }

  /** The template with Supabase's schema alone. */
  async #provideBase(): Promise<string> {
    return this.#provide(await this.#nameBase(), async () => {
      const name = BUILD_PREFIX + randomBytes(6).toString('hex');
      await makeBase(this.#server, this.#options, this.#password, name);
      return name;
    });
  }

  #nameBase(): Promise<string> {
    this.#baseName ??= nameBase(this.#options);
    return this.#baseName;
  }

  /** The first of these templates that exists, or that with Supabase's schema alone. */
  async #findFirst(names: readonly string[]): Promise<string> {
    const existing = await this.#list();
    return names.find((name) => existing.includes(name)) ?? this.#provideBase();
  }

  #list(): Promise<string[]> {
    return this.#server.administer((admin) => listDatabases(admin, TEMPLATE_PREFIX));
  }

  async #exists(name: string): Promise<boolean> {
    return this.#server.administer(async (admin) => (await listDatabases(admin, name)).includes(name));
  }

  /** With their copies. */
  async #dropOthers(needed: readonly string[]): Promise<void> {
    await this.#server.administer(async (admin) => {
      for (const template of await listDatabases(admin, TEMPLATE_PREFIX)) {
        if (needed.includes(template)) continue;
        const spare = this.#takeSpare(template);
        if (spare !== undefined) await dropDatabase(admin, spare);
        await dropDatabase(admin, template);
      }
    });
  }
}
