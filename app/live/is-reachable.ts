import { supabase } from '../model/supabase.ts';

const TIMEOUT_MS = 4_000;

/** Whether Supabase responds now: one request for no rows, without retries. */
export async function isReachable(): Promise<boolean> {
  const { status } = await supabase
    .from('channel_counters')
    .select('channel_id', { head: true })
    .limit(1)
    .retry(false)
    .abortSignal(AbortSignal.timeout(TIMEOUT_MS));
  // 0: no response; 5xx: a proxy that got none.
  return status > 0 && status < 500;
}
