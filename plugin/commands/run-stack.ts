import type { ServedStack } from '../backend/embedded/served-stack.ts';
import { TypesFollower } from '../database-types/types-follower.ts';
import { Terminal } from '../explain/terminal.ts';
import { openStack } from '../open-stack.ts';
import { Observations } from '../shared/observations.ts';
import type { StackOptions } from '../stack-options.ts';
import { readExposedSchemas } from '../stack/config/exposed-schemas.ts';
import { logger } from './command.ts';

/** A stack that prints why requests fail, and keeps the file with the types of its database. */
export interface RunningStack {
  readonly served: ServedStack;
  stop(): Promise<void>;
}

/** @throws as `startStack` */
export async function runStack(options: StackOptions & { readonly root: string }): Promise<RunningStack> {
  const observations = new Observations();
  const { stack, config } = await openStack({ ...options, logger }, observations);
  const shared = {
    databaseUrl: () => stack.record.dbUrl,
    exposedSchemas: readExposedSchemas(config.section('api')),
    logger,
  };
  const terminal = new Terminal({ ...shared, observations, level: options.log ?? 'hints' });
  const types = new TypesFollower({ ...shared, root: options.root });
  void types.update();
  stack.onSchemaChange(() => void types.update());
  return {
    served: stack,
    async stop() {
      types.close();
      await terminal.close();
      await stack.stop();
    },
  };
}
