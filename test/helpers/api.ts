import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

/** The publishable key of every local stack. */
export const PUBLISHABLE_KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';

/** The rows of the table `items`, read through REST at this origin. */
export async function readItems(origin: string): Promise<unknown> {
  return (await fetch(`${origin}/rest/v1/items`, { headers: { apikey: PUBLISHABLE_KEY } })).json();
}

/** Opens Realtime's WebSocket at this origin, sends a heartbeat, and closes it; the status of the answer, normally `ok`. */
export async function heartbeat(origin: string, options: ClientOptions = {}): Promise<unknown> {
  const query = `apikey=${PUBLISHABLE_KEY}&vsn=1.0.0`;
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/realtime/v1/websocket?${query}`, options);
  try {
    await once(socket, 'open');
    socket.send(JSON.stringify({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    return (JSON.parse(data.toString()) as { payload: { status: string } }).payload.status;
  } finally {
    socket.terminate();
  }
}

/** For services that are tested without a gateway: nothing listens on port 9. */
export const NO_API = { apiUrl: 'http://127.0.0.1:9', apiPort: 9 };
