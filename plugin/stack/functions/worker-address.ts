import { Pool } from 'undici';

/** Where a worker listens. */
export interface WorkerAddress {
  readonly socketPath?: string;
  readonly port?: number;
  /** Headers that every call must have. */
  readonly headers: readonly string[];
}

const LOOPBACK = '127.0.0.1';

/**
 * The connections to a worker that listens.
 *
 * @param found the path of its local socket, or its port and the secret that calls must have
 * @param requestTimeout milliseconds without a byte of an answer
 */
export function connectToWorker(
  { socketPath, port, secret }: { socketPath?: string; port: number; secret?: string },
  requestTimeout: number,
): { pool: Pool; address: WorkerAddress } {
  const pool = new Pool(socketPath === undefined ? `http://${LOOPBACK}:${port}` : 'http://localhost', {
    ...(socketPath !== undefined && { socketPath }),
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
  });
  const headers = secret === undefined ? [] : ['x-supabase-worker', secret];
  return { pool, address: socketPath === undefined ? { port, headers } : { socketPath, headers } };
}
