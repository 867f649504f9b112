import { Deno } from './deno-namespace.ts';

const CERTIFICATES = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT', 'DENO_TLS_CA_STORE'];
const PROXY = /^(?:https?|no)_proxy$/i;

/**
 * Hides from the function what Deno itself was started with, which does not exist on the edge.
 *
 * @returns hides the rest, which Deno reads when it fetches the first module of the function
 */
export function hideVariables(): () => void {
  const visible = new Set(Deno.env.get('SUPABASE_INTERNAL_NAMES')?.split(','));
  const hidden = Object.keys(Deno.env.toObject()).filter((name) => !visible.has(name));
  // Deno reads the certificates when it makes its first client, and keeps them for all.
  if (hidden.some((name) => CERTIFICATES.includes(name))) Deno.createHttpClient({}).close();
  const isForImports = (name: string): boolean => PROXY.test(name);
  for (const name of hidden) if (!isForImports(name)) Deno.env.delete(name);
  return () => {
    for (const name of hidden) if (isForImports(name)) Deno.env.delete(name);
  };
}
