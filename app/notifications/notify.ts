import { summarizeMessage, type Message } from '../messages/message.ts';
import { channelPath } from '../model/paths.ts';
import { readLevel } from './level.ts';

/** A message that has just arrived, with the names that the notification shows. */
export interface Arrival {
  readonly message: Message;
  readonly authorName: string;
  readonly channelName: string;
}

/** Whether the browser has notifications at all. */
export function canNotify(): boolean {
  return 'Notification' in window;
}

/** Asks the user for permission. Browsers require that a click causes the call. @returns whether it is granted */
export async function requestPermission(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === 'granted';
}

/**
 * Shows a notification for a message of somebody else while the page is hidden, as far as the user wants it for the
 * channel. A newer message of the same channel replaces it; a click opens the message.
 */
export function notifyOf(arrival: Arrival, userId: string): void {
  if (!canNotify() || Notification.permission !== 'granted' || document.visibilityState === 'visible') return;
  const { message, authorName, channelName } = arrival;
  if (!isWanted(message, userId)) return;
  const title = `${authorName} in #${channelName}`;
  const url = channelPath(message.family_id, message.channel_id, message.id);
  void show(title, {
    body: summarizeMessage(message),
    tag: message.channel_id,
    icon: '/icon-192.png',
    data: { url },
  });
}

/** Removes the notification of a channel that has been read. */
export async function closeNotification(channelId: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications({ tag: channelId })) ?? []) shown.close();
}

/** By the service worker if there is one, which then handles the click: Android has no other way. */
async function show(title: string, options: NotificationOptions & { data: { url: string } }): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) return registration.showNotification(title, options);
  const notification = new Notification(title, options);
  notification.addEventListener('click', () => {
    window.focus();
    window.location.assign(options.data.url);
  });
  return undefined;
}

function isWanted(message: Message, userId: string): boolean {
  if (message.author_id === userId || message.deleted_at !== null) return false;
  const level = readLevel(message.channel_id);
  return level === 'all' || (level === 'mentions' && message.mentions.includes(userId));
}
