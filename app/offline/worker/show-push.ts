declare const self: ServiceWorkerGlobalScope;

const ANSWER_MS = 1_000;

/** As the edge function sends it (supabase/functions/push/describe.ts). */
interface PushNotification {
  readonly title: string;
  readonly body: string;
  /** The channel. */
  readonly tag: string;
  /** Path of the message. */
  readonly url: string;
}

/** Shows a pushed message, unless a window shows its channel, or an open page has shown the same notification. */
export async function showPush(data: PushMessageData | null): Promise<void> {
  if (!data) return;
  const { title, body, tag, url } = data.json() as PushNotification;
  if (await isOnScreen(url)) return;
  const shown = await self.registration.getNotifications({ tag });
  if (shown.some((notification) => (notification.data as { url?: string } | null)?.url === url)) return;
  await self.registration.showNotification(title, { body, tag, icon: '/icon-192.png', data: { url } });
}

/** By asking: the URL of a client is the one with which it was opened. */
async function isOnScreen(url: string): Promise<boolean> {
  const { pathname } = new URL(url, self.location.origin);
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const visible = windows.filter((window) => window.visibilityState === 'visible');
  return (await Promise.all(visible.map((window) => shows(window, pathname)))).includes(true);
}

/** offline/on-screen.ts answers; a page that is too busy counts as one that shows something else. */
function shows(window: WindowClient, pathname: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }) => resolve(data === true));
    port1.start();
    setTimeout(() => resolve(false), ANSWER_MS);
    window.postMessage({ pathname }, [port2]);
  });
}
