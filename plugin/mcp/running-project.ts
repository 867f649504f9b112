import { Terminal } from '../explain/terminal.ts';
import { hasErrorCode } from '../shared/errors.ts';
import { silentLogger, type Logger } from '../shared/logger.ts';
import { Observations } from '../shared/observations.ts';
import { loadConfig } from '../stack/config/config.ts';
import { readExposedSchemas } from '../stack/config/exposed-schemas.ts';
import { findOwner } from '../stack/ownership/claim.ts';
import type { StackRecord } from '../stack/ownership/record.ts';
import { openStack } from '../open-stack.ts';
import type { AgentProject } from './project.ts';

export interface RunningProjectOptions {
  /** Absolute path of the folder that holds `supabase/`. */
  readonly root: string;
  readonly dataDir: string;
  readonly logger: Logger;
}

interface Reached {
  readonly record: Omit<StackRecord, 'gatewaySecret'>;
  readonly request: AgentProject['request'];
  close(): unknown;
}

/**
 * The project's stack for a process that serves an agent: the one that runs, in whichever process, or else one of its own,
 * which lasts as long as the agent's session. Nothing starts before it is needed.
 */
export class RunningProject {
  readonly #options: RunningProjectOptions;
  #reached: Promise<Reached> | undefined;

  constructor(options: RunningProjectOptions) {
    this.#options = options;
  }

  /** @throws SupabaseDevError when the stack does not start */
  async find(): Promise<AgentProject> {
    this.#reached ??= this.#reach();
    const reached = await this.#reached.catch((error: unknown) => {
      this.#reached = undefined;
      throw error;
    });
    const { record, request } = reached;
    const { root } = this.#options;
    const config = await loadConfig(root);
    return {
      root,
      url: record.url,
      keys: record,
      exposedSchemas: readExposedSchemas(config.section('api')),
      databaseUrl: record.dbUrl,
      request,
    };
  }

  async close(): Promise<void> {
    const reached = await this.#reached?.catch(() => undefined);
    await reached?.close();
  }

  async #reach(): Promise<Reached> {
    const { dataDir } = this.#options;
    for (;;) {
      const owner = await findOwner(dataDir);
      if (owner) {
        void owner.ended.then(() => (this.#reached = undefined));
        return {
          record: owner.record,
          request: (command, args) => owner.request(command, args),
          close: () => owner.leave(),
        };
      }
      try {
        return await this.#start();
      } catch (error) {
        // Another process was faster.
        if (!hasErrorCode(error, 'STACK_RUNNING')) throw error;
      }
    }
  }

  async #start(): Promise<Reached> {
    const { root, dataDir, logger } = this.#options;
    logger.info('No stack of this project runs: starting one for this session');
    const observations = new Observations();
    const { stack, config } = await openStack({ root, dataDir, port: 0, dbPort: 0, logger }, observations);
    const { record } = stack;
    const terminal = new Terminal({
      observations,
      databaseUrl: () => record.dbUrl,
      exposedSchemas: readExposedSchemas(config.section('api')),
      level: 'hints',
      logger: silentLogger,
    });
    return {
      record,
      request: (command, args) => stack.request(command, args),
      async close() {
        await terminal.close();
        await stack.stop();
      },
    };
  }
}
