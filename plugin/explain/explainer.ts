import type { Observation } from '../shared/observations.ts';
import { explainHandshake } from './causes/realtime.ts';
import { explainFunction, explainGateway, explainRedirect } from './causes/services.ts';
import { explainStorage } from './causes/storage.ts';
import type { Explanation } from './explanation.ts';
import { ExplainDatabase, type ReadSession } from './facts/explain-database.ts';
import { explainRealtime } from './realtime.ts';
import { explainRest, explainRestAlone } from './rest.ts';

export interface ExplainerOptions {
  /** URL of the database as `postgres`; undefined where there is none to ask. */
  readonly databaseUrl: () => string | undefined;
  /** `[api] schemas` of config.toml. */
  readonly exposedSchemas: readonly string[];
}

/** Explains observations, with the database where that is needed. */
export class Explainer {
  readonly #database: ExplainDatabase;
  readonly #exposedSchemas: readonly string[];
  readonly #databaseUrl: () => string | undefined;

  constructor({ databaseUrl, exposedSchemas }: ExplainerOptions) {
    this.#databaseUrl = databaseUrl;
    this.#database = new ExplainDatabase(databaseUrl);
    this.#exposedSchemas = exposedSchemas;
  }

  /** The cause of what was observed; undefined where there is nothing to explain. @throws the database's error */
  async explain(observation: Observation): Promise<Explanation | undefined> {
    const now = Math.floor(Date.now() / 1000);
    switch (observation.kind) {
      case 'gateway':
        return explainGateway(observation);
      case 'redirect':
        return explainRedirect(observation);
      case 'storage':
        return explainStorage(observation, now);
      case 'function':
        return explainFunction(observation, now);
      case 'request':
      case 'upstream':
        return undefined;
      case 'realtime':
        if (observation.event === 'handshake-refused') return explainHandshake(observation, now);
        return this.read((session) => explainRealtime(session, observation));
      case 'rest':
        if (this.#databaseUrl() === undefined) return explainRestAlone(observation, this.#exposedSchemas);
        return this.read((session) => explainRest(session, observation, this.#exposedSchemas));
    }
  }

  /** Reads the database in one transaction, for advisors and pages. */
  read<T>(work: (session: ReadSession) => Promise<T>): Promise<T> {
    return this.#database.read(work);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
