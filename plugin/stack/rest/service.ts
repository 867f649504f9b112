import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import type { EngineState } from './engine-state.ts';
import { RestEngine, type EngineOptions } from './engine.ts';
import { readRestSettings } from './settings/settings.ts';

/**
 * The REST service of the stack: PostgREST's behaviour on the embedded database.
 *
 * @param early what `readRestState` has read from this database
 */
export function createRestService(context: StackContext, early?: EngineState): Promise<Service> {
  return RestEngine.start({ ...optionsOf(context), ...(early && { early }) });
}

/** What the service reads from its database when it starts. */
export function readRestState(context: StackContext): Promise<EngineState> {
  return RestEngine.read(optionsOf(context));
}

function optionsOf({ config, database, jwt, logger, observations }: StackContext): EngineOptions {
  return {
    settings: readRestSettings(config.section('api')),
    safeUpdates: true,
    verifier: jwt,
    createPool: (options) => database.createPool('authenticator', options),
    connection: database.connection('authenticator'),
    logger,
    observations,
  };
}
