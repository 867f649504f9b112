import { requestAsService } from '../_shared/supabase.ts';
import type { Push, Subscription } from './push.ts';

/** @returns null for a wrong secret, or a message that has been deleted */
export function readPush(messageId: string, secret: string): Promise<Push | null> {
  return call<Push | null>('push_of_message', { message_id: messageId, secret });
}

/** Removes subscriptions that the push service no longer knows. */
export async function removeSubscriptions(subscriptions: readonly Subscription[]): Promise<void> {
  for (const { endpoint } of subscriptions) {
    const filter = `endpoint=eq.${encodeURIComponent(endpoint)}`;
    await requestAsService(`/rest/v1/push_subscriptions?${filter}`, { method: 'DELETE' });
  }
}

/** Calls a function of the database. */
export async function call<T>(name: string, args: object): Promise<T> {
  const response = await requestAsService(`/rest/v1/rpc/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  return (await response.json()) as T;
}
