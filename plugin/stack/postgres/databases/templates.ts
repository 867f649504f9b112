import { randomBytes } from 'node:crypto';
import { errorMessage } from '../../../shared/errors.ts';
import { applyBootstrap, readBootstrapScripts } from '../bootstrap.ts';
import type { MigrationFile } from '../migration-files.ts';
import { applyRunSettings, prepareSchema, type SchemaOptions } from '../project-schema.ts';
import { cloneDatabase, copyPrivileges, dropDatabase, listDatabases, type CloneStrategy } from './clone.ts';
import { rename } from './exchange.ts';
import { hash, nameSeeded, nameTemplates } from './fingerprint.ts';
import { BUILD_PREFIX, LIVE, TEMPLATE_PREFIX } from './names.ts';
import { withClient, type DatabaseServer } from './server.ts';
import { adoptName, shareVaultKey } from './own-name.ts';

/** What builds and compares databases. */
export interface DatabaseParts {
  readonly server: DatabaseServer;
  readonly templates: Templates;
  readonly options: SchemaOptions;
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
    const names = await nameTemplates(await this.#provideBase(), this.#options, migrations);
    return this.#make(await this.#findFirst(names.toReversed()), { migrations, seed: false });
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
   * Makes what the next build from these files needs when the first `count` stay as they are: the template with them and a
   * copy of it; and drops the templates of files as they once were.
   *
   * @throws as `build`
   */
  async prepare(migrations: readonly MigrationFile[], count: number): Promise<void> {
    const base = await this.#provideBase();
    const names = await nameTemplates(base, this.#options, migrations);
    const part = names[count] ?? base;
    await this.#provide(part, async () =>
      this.#make(await this.#findFirst(names.slice(0, count).toReversed()), {
        migrations: migrations.slice(0, count),
        seed: false,
      }),
    );
    await this.stock(part);
    await this.#dropOthers([base, ...names, await nameSeeded(names.at(-1) ?? '', this.#options)]);
  }

  /** The name that `provideSeeded` returns for these files. */
  async nameSeeded(migrations: readonly MigrationFile[]): Promise<string> {
    const names = await nameTemplates(await this.#nameBase(), this.#options, migrations);
    return nameSeeded(names.at(-1) ?? '', this.#options);
  }

  /** A database that is a copy of a template: one that has been made before, or a new one. */
  async clone(template: string): Promise<string> {
    const spare = this.#spares.get(template);
    this.#spares.delete(template);
    return spare ?? this.copy(template);
  }

  /** Makes a copy of a template for the next call of `clone`. */
  async stock(template: string): Promise<void> {
    if (!this.#spares.has(template)) this.#spares.set(template, await this.copy(template));
  }

  /** A new database that is a copy of a template. */
  async copy(template: string, prefix = BUILD_PREFIX): Promise<string> {
    const name = prefix + randomBytes(6).toString('hex');
    await cloneDatabase(this.#server, template, name, this.#strategy);
    const database = this.#server.database(name);
    await adoptName(database, template, name);
    await withClient(database.connection('supabase_admin'), (admin) =>
      applyRunSettings(admin, this.#options),
    );
    return name;
  }

  /** A copy of a database that an older version, or a start with other settings, may have made: as this start makes it. */
  copyUpdated(source: string): Promise<string> {
    return this.#make(source, { migrations: [], seed: false });
  }

  async drop(name: string): Promise<void> {
    await this.#server.administer((admin) => dropDatabase(admin, name));
  }

  async #make(
    from: string,
    content: { migrations: readonly MigrationFile[]; seed: boolean },
  ): Promise<string> {
    const name = await this.clone(from);
    try {
      await prepareSchema(this.#server.database(name), this.#options, this.#password, content);
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
    await adoptName(this.#server.database(name), built, name);
  }

  /** The template with Supabase's schema alone. */
  async #provideBase(): Promise<string> {
    return this.#provide(await this.#nameBase(), async () => {
      const name = BUILD_PREFIX + randomBytes(6).toString('hex');
      await this.#server.administer(async (admin) => {
        await admin.query(`create database ${name} template template0 owner postgres`);
        await copyPrivileges(admin, LIVE, name);
      });
      await withClient(this.#server.database(name).connection('supabase_admin'), (client) =>
        applyBootstrap(client, this.#options.schemaDirs, this.#password, { isFurther: true }),
      );
      await shareVaultKey(this.#server.database(), this.#server.database(name));
      return name;
    });
  }

  #nameBase(): Promise<string> {
    this.#baseName ??= readBootstrapScripts(this.#options.schemaDirs).then(
      (scripts) => `${TEMPLATE_PREFIX}base_${hash(scripts)}`,
    );
    return this.#baseName;
  }

  /** The first of these templates that exists, or that with Supabase's schema alone. */
  async #findFirst(names: readonly string[]): Promise<string> {
    const existing = await this.#server.administer((admin) => listDatabases(admin, TEMPLATE_PREFIX));
    return names.find((name) => existing.includes(name)) ?? this.#provideBase();
  }

  async #exists(name: string): Promise<boolean> {
    return this.#server.administer(async (admin) => (await listDatabases(admin, name)).includes(name));
  }

  /** With their copies. */
  async #dropOthers(needed: readonly string[]): Promise<void> {
    await this.#server.administer(async (admin) => {
      for (const template of await listDatabases(admin, TEMPLATE_PREFIX)) {
        if (needed.includes(template)) continue;
        const spare = this.#spares.get(template);
        this.#spares.delete(template);
        if (spare !== undefined) await dropDatabase(admin, spare);
        await dropDatabase(admin, template);
      }
    });
  }
}
