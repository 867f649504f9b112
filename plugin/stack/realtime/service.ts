import { errorMessage } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import { OpenRequests } from '../http/open-requests.ts';
import type { Service } from '../service.ts';
import { PolicyChecker } from './access/policies.ts';
import { CHANGES_SLOT, ChangeFeed } from './changes/feed.ts';
import { describeSockets } from './connection/describe.ts';
import type { ClientSocket } from './connection/socket.ts';
import { sendJson } from './http/respond.ts';
import { handleRequest } from './http/router.ts';
import { runSafely } from './run-safely.ts';
import type { Realtime } from './server.ts';
import { readRealtimeSettings } from './settings.ts';
import { BROADCASTS_SLOT, DatabaseBroadcasts } from './stored/database-broadcasts.ts';
import { MessagePartitions } from './stored/partitions.ts';
import { Replay } from './stored/replay.ts';
import { Hub } from './topics/hub.ts';
import { RateCounter } from './topics/rate-counter.ts';
import { Upgrades } from './upgrade.ts';
import { dropSlot, slotOf } from './wal/slots.ts';

const IDLE_CHECK_MS = 5_000;
/** "Service restart": official clients reconnect. */
const CLOSE_RESTART = 1012;
const MAX_CONNECTIONS = 6;

/** `realtime.enabled = false`: the service is missing, as behind the Supabase CLI's gateway. */
const disabledRealtime: Service = {
  handle(_req, res) {
    sendJson(res, 503, { message: 'Realtime is disabled in supabase/config.toml' });
  },
  upgrade(_req, socket) {
    socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  },
  close: () => Promise.resolve(),
};

/**
 * Supabase Realtime over this stack's database: `upgrade` accepts sockets at `/socket/websocket`, `handle` answers the HTTP
 * API. Reads nothing from the write-ahead log before the first client joins.
 */
export async function createRealtimeService(context: StackContext): Promise<Service> {
  const { config, jwt, database, logger, observations } = context;
  const settings = readRealtimeSettings(config);
  if (!settings.isEnabled) return disabledRealtime;
  // As the author of the migrations: what they define must not run as a superuser (schema/0004_internal.sql). A generic
  // plan serves all claims of a role, and planning would cost more than the lookups. They are by key: a sequential scan of
  // a small table would evaluate its policies for every row.
  const pool = database.createPool('postgres', {
    max: MAX_CONNECTIONS,
    options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
    allowExitOnIdle: true,
  });
  const reportFailure = (error: unknown): void => logger.error(`Realtime: ${errorMessage(error)}`);
  const events = new RateCounter(settings.maxEventsPerSecond);
  const hub = new Hub(events, reportFailure);
  const sockets = new Set<ClientSocket>();
  const realtime: Realtime = {
    settings,
    jwt,
    hub,
    policies: new PolicyChecker(pool, reportFailure),
    replay: new Replay(pool),
    changes: new ChangeFeed({
      database,
      pool,
      logger,
      observations,
      maxRecordBytes: settings.maxRecordBytes,
    }),
    databaseBroadcasts: new DatabaseBroadcasts({ database, pool, logger, hub }),
    events,
    joins: new RateCounter(settings.maxJoinsPerSecond),
    sockets,
    observations,
    reportFailure,
  };
  const hide = observations.exposeRealtime(() => describeSockets(sockets));
  const upgrades = new Upgrades(realtime);
  const requests = new OpenRequests();
  const partitions = new MessagePartitions(pool, logger);
  // A killed process may have left unused slots. After the partitions, so that a start opens only one connection.
  const cleaning = partitions.ready.then(async () => {
    for (const slot of [CHANGES_SLOT, BROADCASTS_SLOT])
      await dropSlot(pool, slotOf(slot, database)).catch(() => {});
  });
  const idleCheck = setInterval(() => {
    for (const socket of sockets) runSafely(reportFailure, () => socket.closeIfIdle(performance.now()));
  }, IDLE_CHECK_MS).unref();

  return {
    handle(req, res) {
      const done = handleRequest(realtime, req, res).catch(reportFailure);
      requests.track(res, done);
    },
    upgrade(req, socket, head) {
      void upgrades.handle(req, socket, head).catch((error: unknown) => {
        reportFailure(error);
        socket.destroy();
      });
    },
    async close() {
      clearInterval(idleCheck);
      hide();
      partitions.close();
      upgrades.close();
      requests.abort();
      for (const socket of sockets) socket.close(CLOSE_RESTART);
      await Promise.all([cleaning, requests.settled()]);
      await Promise.all([realtime.changes.close(), realtime.databaseBroadcasts.close()]);
      for (const socket of sockets) socket.terminate();
      await pool.end();
    },
  };
}
