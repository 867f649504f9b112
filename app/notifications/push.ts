import { supabase } from '../model/supabase.ts';
import { readLevels } from './level.ts';
import { canNotify } from './notify.ts';

/**
 * Keeps this browser subscribed to the user's messages (Web Push) as long as notifications are allowed: they then arrive
 * without an open page. Called at each start and for each change of a level. Without a service worker, as in development,
 * it does nothing.
 *
 * @throws PostgrestError, FunctionsError or DOMException; notifications of an open page need none of it
 */
export function keepSubscribed(): Promise<void> {
  return alone(async (registration) => {
    if (!canNotify() || Notification.permission !== 'granted') return;
    const { pushManager } = registration;
    const present = await pushManager.getSubscription();
    if (present && (await storeLevels(present.endpoint))) return;
    // It belongs to another session, maybe of somebody else, or has ended: messages of one must not reach the other.
    await present?.unsubscribe();
    const { data, error } = await supabase.functions.invoke<{ public_key: string }>('push', {
      method: 'GET',
    });
    if (error || !data) throw error;
    const made = await pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: data.public_key,
    });
    const { endpoint = '', keys: { p256dh = '', auth = '' } = {} } = made.toJSON();
    await supabase
      .from('push_subscriptions')
      .upsert({ endpoint, p256dh, auth, levels: readLevels() }, { onConflict: 'session_id' })
      .throwOnError();
  });
}

/** Ends the subscription of this browser, and removes what it shows, when nobody is signed in. */
export function endSubscription(): Promise<void> {
  return alone(async (registration) => {
    for (const notification of await registration.getNotifications()) notification.close();
    await (await registration.pushManager.getSubscription())?.unsubscribe();
  });
}

/** @returns whether it is the subscription of this session; row level security hides all others */
async function storeLevels(endpoint: string): Promise<boolean> {
  const { data } = await supabase
    .from('push_subscriptions')
    .update({ levels: readLevels() })
    .eq('endpoint', endpoint)
    .select('session_id')
    .throwOnError();
  return data.length > 0;
}

/** One at a time in all tabs, because they have one subscription together. */
async function alone(work: (registration: ServiceWorkerRegistration) => Promise<void>): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration?.active || !('pushManager' in registration)) return;
  await navigator.locks.request('ourchat:push', () => work(registration));
}
