/** The page may be on another origin than Supabase. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
};

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The object in the body of a request; empty for anything else. */
export async function readInput(req: Request): Promise<Record<string, unknown>> {
  const value: unknown = await req.json().catch(() => undefined);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The answer to the browser's question whether another origin may call. */
export function allowOrigins(): Response {
  return new Response(null, { status: 204, headers: CORS });
}

export function reply(value: unknown): Response {
  return Response.json(value, { headers: CORS });
}

export function fail(status: number, message: string): Response {
  return Response.json({ message }, { status, headers: CORS });
}
