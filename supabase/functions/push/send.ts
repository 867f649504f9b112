import webPush from 'web-push';
import { closeConnection, connectTo } from '../_shared/connect.ts';
import { HttpExchange } from '../_shared/http.ts';
import type { Subscription } from './push.ts';
import type { PushNotification } from './describe.ts';
import type { Keys } from './keys.ts';

/** Milliseconds for a push service to answer. */
const TIME_LIMIT = 10_000;
/** Seconds that a push service keeps a message for a device without a connection. */
const TTL = 24 * 60 * 60;

/** What web-push makes of a message: encrypted (RFC 8291) and signed (RFC 8292). */
interface RequestDetails {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

/** Whom a push service can ask about this application; Apple's refuses names such as localhost. */
const PROJECT = Deno.env.get('SUPABASE_URL') ?? '';
const SUBJECT = PROJECT.startsWith('https:') ? PROJECT : 'mailto:ourchat@example.com';

/**
 * Sends a notification to one device.
 *
 * @returns `gone` for a subscription that has ended; never throws
 */
export async function send(
  subscription: Subscription,
  notification: PushNotification,
  keys: Keys,
): Promise<'sent' | 'failed' | 'gone'> {
  try {
    const status = await post(new URL(subscription.endpoint), encrypt(subscription, notification, keys));
    if (status === 404 || status === 410) return 'gone';
    if (status < 300) return 'sent';
    throw new Error(`status ${status}`);
  } catch (error) {
    // Not the endpoint: who knows it can send to the device.
    console.warn(`push: ${error instanceof Error ? error.message : String(error)}`);
    return 'failed';
  }
}

function encrypt(subscription: Subscription, notification: PushNotification, keys: Keys): RequestDetails {
  return webPush.generateRequestDetails(subscription, JSON.stringify(notification), {
    vapidDetails: { subject: SUBJECT, ...keys },
    TTL,
    urgency: 'high',
    // A device without a connection gets the newest message of each channel; at most 32 characters.
    topic: notification.tag.replaceAll('-', ''),
  }) as RequestDetails;
}

/** The endpoint is what somebody wrote into a table, so only public servers are connected to. @returns the status */
async function post(url: URL, { headers, body }: RequestDetails): Promise<number> {
  if (url.protocol !== 'https:') throw new Error('not an https address');
  const connection = await connectTo(url, AbortSignal.timeout(TIME_LIMIT));
  try {
    const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
    const exchange = new HttpExchange(connection);
    return (await exchange.request(url, { method: 'POST', headers: Object.fromEntries(lines), body })).status;
  } finally {
    closeConnection(connection);
  }
}
