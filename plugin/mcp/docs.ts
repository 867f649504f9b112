const DOCS = 'https://supabase.com/docs/api/graphql';
const TIMEOUT_MS = 3_000;
const ASK_AGAIN_MS = 60_000;

let known: { readonly url: string; readonly at: number; readonly reaches: Promise<boolean> } | undefined;

/** Whether the search of Supabase's documentation answers: it needs the network, and no account. */
export function reachesDocs(url = DOCS): Promise<boolean> {
  if (known?.url !== url || performance.now() - known.at > ASK_AGAIN_MS)
    known = { url, at: performance.now(), reaches: probe(url) };
  return known.reaches;
}

async function probe(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}?query=${encodeURIComponent('{ schema }')}`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
