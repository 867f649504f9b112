import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** The kept-open connections to upstreams. */
export interface UpstreamPool {
  agent(isTls: boolean): HttpAgent;
  /** Closes all connections, also those in use. */
  close(): void;
}

// Shorter than any upstream's own (Kong and Node servers: 5 s and more), so that it is us who close, and no request
// is sent into a connection that is just going away.
const KEEP_IDLE_MS = 4_000;

export function createUpstreamPool(): UpstreamPool {
  const options = {
    keepAlive: true,
    maxFreeSockets: 256,
    timeout: KEEP_IDLE_MS,
    scheduling: 'lifo',
  } as const;
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    agent: (isTls) => (isTls ? https : http),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}
