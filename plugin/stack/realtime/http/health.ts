// supabase/realtime v2.129.8 lib/realtime_web/controllers/tenant_controller.ex (`health`)
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Realtime } from '../server.ts';
import { TokenError, tokenVerifier } from '../access/tokens.ts';
import { requestToken } from './authenticate.ts';
import { sendJson } from './respond.ts';

// The only tenant, named as on the Supabase CLI's stack.
const TENANT = 'realtime-dev';

/** Answers `GET /api/tenants/:tenant/health` for any unexpired token. */
export async function answerHealth(
  realtime: Realtime,
  req: IncomingMessage,
  res: ServerResponse,
  tenant: string,
): Promise<void> {
  const token = requestToken(req.headers.authorization);
  if (token === undefined || !(await isAccepted(realtime, req, token))) {
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

/** Unlike elsewhere, `role` and `exp` may be missing. */
async function isAccepted(realtime: Realtime, req: IncomingMessage, token: string): Promise<boolean> {
  try {
    await tokenVerifier(realtime.jwt, req.headers)(token);
    return true;
  } catch (error) {
    return error instanceof TokenError && error.reason === 'claims';
  }
}
