import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';

/** The Supabase-Auth-compatible service. */
export async function createAuth(_context: StackContext): Promise<Service> {
  return {
    handle(_req, res) {
      res.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    },
    async close() {},
  };
}
