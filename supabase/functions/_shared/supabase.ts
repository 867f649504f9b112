const SUPABASE_URL = Deno.env.get('SUPABASE_URL') ?? '';
const ANON_KEY = Deno.env.get('SUPABASE_ANON_KEY') ?? '';
const SERVICE_KEY = Deno.env.get('SUPABASE_SERVICE_ROLE_KEY') ?? '';

interface Init extends RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request to this project's API with what the caller may do. @throws Error for any status but a good one */
export function requestAsCaller(authorization: string, path: string, init: Init = {}): Promise<Response> {
  return request(path, init, { apikey: ANON_KEY, authorization });
}

/** A request to this project's API past all policies. @throws Error for any status but a good one */
export function requestAsService(path: string, init: Init = {}): Promise<Response> {
  return request(path, init, { apikey: SERVICE_KEY, authorization: `Bearer ${SERVICE_KEY}` });
}

async function request(path: string, init: Init, credentials: Record<string, string>): Promise<Response> {
  const headers = { ...init.headers, ...credentials };
  const response = await fetch(`${SUPABASE_URL}${path}`, { ...init, headers });
  if (response.ok) return response;
  throw new Error(`${path.split('?')[0]}: ${response.status} ${await response.text()}`);
}
