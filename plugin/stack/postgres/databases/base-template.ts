import { applyBootstrap, readBootstrapScripts } from '../bootstrap.ts';
import type { SchemaOptions } from '../project-schema.ts';
import { copyPrivileges } from './clone.ts';
import { hash } from './fingerprint.ts';
import { LIVE, TEMPLATE_PREFIX } from './names.ts';
import { shareVaultKey } from './own-name.ts';
import { withClient, type DatabaseServer } from './server.ts';

/** The name of the template with Supabase's schema alone. */
export async function nameBase({ schemaDirs }: SchemaOptions): Promise<string> {
  return `${TEMPLATE_PREFIX}base_${hash(await readBootstrapScripts(schemaDirs))}`;
}

/** Makes a database with Supabase's schema alone. */
export async function makeBase(
  server: DatabaseServer,
  { schemaDirs }: SchemaOptions,
  password: string,
  name: string,
): Promise<void> {
  await server.administer(async (admin) => {
    await admin.query(`create database ${name} template template0 owner postgres`);
    await copyPrivileges(admin, LIVE, name);
  });
  await withClient(server.database(name).connection('supabase_admin'), (admin) =>
    applyBootstrap(admin, schemaDirs, password, { isFurther: true }),
  );
  await shareVaultKey(server.database(), server.database(name));
}
