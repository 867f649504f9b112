// The service worker of the built app: it keeps the files of the page, so that OurChat opens without a connection, and
// shows notifications. It stores nothing else: no answer of Supabase, so nothing of whoever is signed in.
import { showPush } from './show-push.ts';

declare const self: ServiceWorkerGlobalScope;

/** Written into the file by offline/bundle-worker.ts. */
declare const __SHELL__: {
  /** Changes with every build that differs. */
  readonly version: string;
  /** Paths of the files of the page; "/" is index.html. */
  readonly files: readonly string[];
};

const shell = __SHELL__;
const PREFIX = 'ourchat-shell-';
const CACHE = PREFIX + shell.version;
/** A slow network gets the stored page after this time. */
const PATIENCE_MS = 4_000;
/** Requests to Supabase on the page's own origin. */
const SUPABASE = /^\/(?:auth|rest|realtime|storage|functions|graphql)\/v1\b/;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || SUPABASE.test(pathname)) return;
  if (request.mode === 'navigate') event.respondWith(openPage(request));
  else if (isHashed(pathname)) event.respondWith(loadHashed(request));
  else if (shell.files.includes(pathname)) event.respondWith(loadNamed(request, pathname));
});
self.addEventListener('push', (event) => event.waitUntil(showPush(event.data)));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openAt((event.notification.data as { url: string }).url));
});

/** Stores all files, or fails and leaves the worker before it in charge; the browser tries again at the next visit. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    shell.files.map(async (path) => {
      const known = isHashed(path) ? await findStored(path) : undefined;
      const response = known ?? (await fetch(path, { cache: 'no-cache' }));
      // Static hosts answer an unknown path with index.html.
      if (!response.ok || response.redirected || isHtml(response) !== (path === '/'))
        throw new Error(`no ${path}`);
      await cache.put(path, response);
    }),
  );
  // No page waits for the new worker: a page of the version before still finds its files, see `activate`.
  await self.skipWaiting();
}

/** Removes the files of old versions, except the one before: pages that are open may still ask for them. */
async function activate(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as the server has it now, so that it is never stale after a deploy; without an answer, the stored one. */
async function openPage(request: Request): Promise<Response> {
  const answer = fetch(request);
  const stored = await (await caches.open(CACHE)).match('/');
  if (!stored) return answer;
  try {
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
    const response = await Promise.race([answer, late]);
    // 502 to 504: a proxy that does not reach the server.
    if (response && response.status < 500) return response;
  } catch {
    // No connection.
  }
  return stored;
}

/** A file whose name contains a hash of its content cannot be stale. */
async function loadHashed(request: Request): Promise<Response> {
  const stored = await findStored(request);
  if (stored) return stored;
  const response = await fetch(request);
  // One that is not stored ahead, because of its size.
  if (response.ok && !isHtml(response)) await (await caches.open(CACHE)).put(request, response.clone());
  return response;
}

async function loadNamed(request: Request, path: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const stored = await (await caches.open(CACHE)).match(path);
    if (stored) return stored;
    throw error;
  }
}

/** In the files of any version. `Vary` does not matter, because the same file answers everybody. */
function findStored(request: Request | string): Promise<Response | undefined> {
  return caches.match(request, { ignoreVary: true });
}

function isHtml(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/html') === true;
}

function isHashed(path: string): boolean {
  return path.startsWith('/assets/');
}

/** Opens the message of a notification, in the window that is open already if there is one. */
async function openAt(url: string): Promise<void> {
  const [open] = await self.clients.matchAll({ type: 'window' });
  if (!open) await self.clients.openWindow(url);
  // The browser refuses the focus where it does not count the click as one.
  else await (await open.focus().catch(() => open)).navigate(url);
}
