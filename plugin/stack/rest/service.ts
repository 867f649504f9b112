import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import { RestEngine } from './engine.ts';
import { GrantHint } from './grant-hint.ts';
import { readRestSettings } from './settings/settings.ts';

/** The REST service of the stack: PostgREST's behaviour on the embedded database. */
export function createRestService(context: StackContext): Promise<Service> {
  const { config, database, jwt, logger } = context;
  const api = config.section('api');
  const isClosed = !api.boolean('auto_expose_new_tables', false);
  return RestEngine.start({
    settings: readRestSettings(api),
    safeUpdates: true,
    grantHint: isClosed ? new GrantHint(logger) : undefined,
    verifier: jwt,
    createPool: (options) => database.createPool('authenticator', options),
    connection: database.connection('authenticator'),
    logger,
  });
}
