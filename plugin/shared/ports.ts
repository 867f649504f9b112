import { createServer } from 'node:net';
import { SupabaseDevError } from './errors.ts';

/** A port that must be this one (0: any free one), or one that may be replaced by a free one when it is taken. */
export type PortChoice = { readonly exact: number } | { readonly preferred: number };

/** Whether a server can listen on this loopback port now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
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

/** The port to try first; 0 for any free one. */
export function wantedPort(choice: PortChoice): number {
  return 'exact' in choice ? choice.exact : choice.preferred;
}

/** Whether another port will do when the wanted one is taken. */
export function mayReplace(choice: PortChoice): boolean {
  return 'preferred' in choice || choice.exact === 0;
}

/**
 * Chooses a port for another program to listen on. Another one may take it before: see `mayReplace`.
 *
 * @throws SupabaseDevError PORT_TAKEN
 */
export async function choosePort(choice: PortChoice, what: string): Promise<number> {
  const number = wantedPort(choice);
  if (number === 0) return findFreePort();
  if (await isPortFree(number)) return number;
  if (mayReplace(choice)) return findFreePort();
  throw new SupabaseDevError('PORT_TAKEN', `Port ${number} (${what}) is in use by another program`, {
    hint: 'Stop that program, or choose another port.',
  });
}
