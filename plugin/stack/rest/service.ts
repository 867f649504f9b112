import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import { RestEngine } from './engine.ts';
import { readRestSettings } from './settings/settings.ts';

/** The REST service of the stack: PostgREST's behaviour on the embedded database. */
export function createRestService(context: StackContext): Promise<Service> {
  const { config, database, jwt, logger, observations } = context;
  return RestEngine.start({
    settings: readRestSettings(config.section('api')),
    safeUpdates: true,
    verifier: jwt,
    createPool: (options) => database.createPool('authenticator', options),
    connection: database.connection('authenticator'),
    logger,
    observations,
  });
}
