import type { Logger } from '../../shared/logger.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { ChangeFeed } from './changes/feed.ts';
import type { DatabaseBroadcasts } from './stored/database-broadcasts.ts';
import type { Hub } from './topics/hub.ts';
import type { PolicyChecker } from './access/policies.ts';
import type { RateCounter } from './topics/rate-counter.ts';
import type { Replay } from './stored/replay.ts';
import type { RealtimeSettings } from './settings.ts';
import type { ClientSocket } from './connection/socket.ts';

/** The parts of the server that sockets and channels work with. */
export interface Realtime {
  readonly settings: RealtimeSettings;
  readonly jwt: JwtVerifier;
  readonly hub: Hub;
  readonly policies: PolicyChecker;
  readonly replay: Replay;
  readonly changes: ChangeFeed;
  readonly databaseBroadcasts: DatabaseBroadcasts;
  readonly events: RateCounter;
  readonly joins: RateCounter;
  readonly sockets: Set<ClientSocket>;
  readonly logger: Logger;
  /** For what should not happen: logged, and the message that met it stays without an answer. */
  reportFailure(error: unknown): void;
}
