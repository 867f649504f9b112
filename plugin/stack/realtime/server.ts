import type { Observations } from '../../shared/observations.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { PolicyChecker } from './access/policies.ts';
import type { ChangeFeed } from './changes/feed.ts';
import type { ClientSocket } from './connection/socket.ts';
import type { RealtimeSettings } from './settings.ts';
import type { DatabaseBroadcasts } from './stored/database-broadcasts.ts';
import type { Replay } from './stored/replay.ts';
import type { Hub } from './topics/hub.ts';
import type { RateCounter } from './topics/rate-counter.ts';

/** The parts of one server. Only the handlers of client events, of HTTP requests and of upgrades use it. */
export interface Realtime {
  readonly settings: RealtimeSettings;
  readonly jwt: JwtVerifier;
  readonly hub: Hub;
  readonly policies: PolicyChecker;
  readonly replay: Replay;
  readonly changes: ChangeFeed;
  readonly databaseBroadcasts: DatabaseBroadcasts;
  /** Broadcasts sent and delivered. */
  readonly events: RateCounter;
  readonly joins: RateCounter;
  readonly sockets: Set<ClientSocket>;
  /** What is refused, closed or not sent is reported here. */
  readonly observations: Observations;
  /** Logs an unexpected error. */
  readonly reportFailure: (error: unknown) => void;
}
