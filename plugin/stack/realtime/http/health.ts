import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Realtime } from '../server.ts';
import { TokenError, verifyToken } from '../access/tokens.ts';
import { sendJson } from './respond.ts';

/** Name of the only tenant, as on the Supabase CLI's stack. */
const TENANT = 'realtime-dev';

/** State of the server, for any unexpired token. */
export async function answerHealth(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
  tenant: string,
): Promise<void> {
  const token = /^bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined || !(await isAccepted(realtime, token))) {
    res.writeHead(403).end();
    return;
  }
  if (tenant !== TENANT) {
    sendJson(res, 404, { message: 'not found' });
    return;
  }
  const isDatabaseUp = await realtime.policies.isDatabaseUp();
  sendJson(res, 200, {
    data: {
      node: 'vite-plugin-supabase',
      region: null,
      replication_connected: realtime.databaseBroadcasts.isConnected,
      healthy: isDatabaseUp,
      db_connected: isDatabaseUp,
      connected_cluster: [...realtime.sockets].filter((socket) => socket.channels.size > 0).length,
    },
  });
}

/** Unlike elsewhere, claims may be missing. */
async function isAccepted(realtime: Realtime, token: string): Promise<boolean> {
  try {
    await verifyToken(realtime.jwt, token);
    return true;
  } catch (error) {
    return error instanceof TokenError && error.message.startsWith('Fields ');
  }
}
