import { errorMessage } from '../../shared/errors.ts';
import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';
import { CHANGES_SLOT, ChangeFeed } from './changes/feed.ts';
import { BROADCASTS_SLOT, DatabaseBroadcasts } from './stored/database-broadcasts.ts';
import { sendJson } from './http/respond.ts';
import { handleRequest } from './http/router.ts';
import { Hub } from './topics/hub.ts';
import type { Realtime } from './server.ts';
import { MessagePartitions } from './stored/partitions.ts';
import { PolicyChecker } from './access/policies.ts';
import { RateCounter } from './topics/rate-counter.ts';
import { Replay } from './stored/replay.ts';
import { readRealtimeSettings } from './settings.ts';
import type { ClientSocket } from './connection/socket.ts';
import { Upgrades } from './upgrade.ts';
import { dropSlot } from './wal/slots.ts';

const IDLE_CHECK_MS = 5_000;
/** "Service restart": official clients connect again. */
const CLOSE_RESTART = 1012;
const MAX_CONNECTIONS = 6;

/** `realtime.enabled = false`: there is no such service, as behind the Supabase CLI's gateway. */
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
 * Supabase Realtime's protocol over this stack's database: `upgrade` takes sockets at `/socket/websocket`, `handle`
 * answers the HTTP API. Nothing is read from the database before the first client comes.
 */
export async function createRealtimeService(context: StackContext): Promise<Service> {
  const { config, jwt, database, logger } = context;
  const settings = readRealtimeSettings(config);
  if (!settings.isEnabled) return disabledRealtime;
  // A generic plan serves all claims of a role; planning would cost more than the lookups themselves, which are by key:
  // a small table must not be scanned, with its policies asked about each row.
  const pool = database.createPool('supabase_admin', {
    max: MAX_CONNECTIONS,
    options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
    allowExitOnIdle: true,
  });
  const events = new RateCounter(settings.maxEventsPerSecond);
  const hub = new Hub(events);
  const sockets = new Set<ClientSocket>();
  const realtime: Realtime = {
    settings,
    jwt,
    hub,
    policies: new PolicyChecker(pool),
    replay: new Replay(pool),
    changes: new ChangeFeed({ database, pool, logger, maxRecordBytes: settings.maxRecordBytes }),
    databaseBroadcasts: new DatabaseBroadcasts({ database, pool, logger, hub }),
    events,
    joins: new RateCounter(settings.maxJoinsPerSecond),
    sockets,
    logger,
    reportFailure: (error) => logger.error(`Realtime: ${errorMessage(error)}`),
  };
  const upgrades = new Upgrades(realtime);
  const partitions = new MessagePartitions(pool, logger);
  // A process that was killed may have left slots behind, whose listeners are gone. After the partitions, so that a start
  // opens one connection and no more.
  const cleaning = partitions.ready.then(async () => {
    for (const slot of [CHANGES_SLOT, BROADCASTS_SLOT]) await dropSlot(pool, slot).catch(() => {});
  });
  const idleCheck = setInterval(() => {
    for (const socket of sockets) socket.closeIfIdle(performance.now());
  }, IDLE_CHECK_MS).unref();

  return {
    handle(req, res) {
      void handleRequest(realtime, req, res).catch((error: unknown) => realtime.reportFailure(error));
    },
    upgrade(req, socket, head) {
      void upgrades.handle(req, socket, head).catch((error: unknown) => {
        realtime.reportFailure(error);
        socket.destroy();
      });
    },
    async close() {
      clearInterval(idleCheck);
      partitions.close();
      upgrades.close();
      for (const socket of sockets) socket.close(CLOSE_RESTART);
      await cleaning;
      await Promise.all([realtime.changes.close(), realtime.databaseBroadcasts.close()]);
      for (const socket of sockets) socket.cut();
      await pool.end();
    },
  };
}
