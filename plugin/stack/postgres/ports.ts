import { createServer } from 'node:net';
import { SupabaseDevError } from '../../shared/errors.ts';

/** Whether a server can listen on this loopback port now. */
function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** An unused loopback port, from the range that the system assigns. */
export function findFreePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host, exclusive: true }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Chooses the port to listen on; 0 means any free one. If the port is in use, `exact` fails and `preferred` falls back to
 * a free one.
 *
 * @throws SupabaseDevError PORT_TAKEN
 */
export async function choosePort(
  wanted: { exact: number } | { preferred: number },
  what: string,
): Promise<number> {
  const number = 'exact' in wanted ? wanted.exact : wanted.preferred;
  if (number === 0) return findFreePort();
  if (await isPortFree(number)) return number;
  if ('preferred' in wanted) return findFreePort();
  throw new SupabaseDevError('PORT_TAKEN', `Port ${number} (${what}) is in use by another program`, {
    hint: 'Stop that program, or choose another port.',
  });
}
