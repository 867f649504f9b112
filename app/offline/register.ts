import { answerWhatIsOnScreen } from './on-screen.ts';

const SCRIPT = '/service-worker.js';
/** How often a page that stays open looks for a new version. */
const CHECK_INTERVAL_MS = 60 * 60_000;

declare global {
  interface Window {
    /** Chromium and Safari; not in TypeScript's DOM types. */
    readonly trustedTypes?: {
      createPolicy(
        name: string,
        rules: { createScriptURL: () => string },
      ): { createScriptURL(text: string): unknown };
    };
  }
}

const listeners = new Set<() => void>();
let isOutdated = false;

/** Registers the service worker of the built app, once the page has loaded: it stores the whole app. */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator)) return;
  if (import.meta.env.DEV) {
    void removeServiceWorkers();
    return;
  }
  answerWhatIsOnScreen();
  window.addEventListener('load', () => {
    // Refused in some private windows: OurChat then works as it does without.
    register().catch(() => {});
  });
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether a newer version than this page has been deployed, which a reload opens. */
export function isUpdateReady(): boolean {
  return isOutdated;
}

async function register(): Promise<void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(scriptUrl());
  // A new worker is a new version; but this page may be of that version already.
  serviceWorker.addEventListener('controllerchange', () => void compareVersions().catch(() => {}));
  let checkedAt = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - checkedAt < CHECK_INTERVAL_MS) return;
    checkedAt = Date.now();
    registration.update().catch(() => {});
  });
}

/** index.html names the first script, whose name contains a hash of everything that it imports. */
async function compareVersions(): Promise<void> {
  const own = new URL(import.meta.url).pathname;
  const html = await (await fetch('/', { cache: 'no-cache' })).text();
  if (!html.includes('/assets/') || html.includes(own)) return;
  isOutdated = true;
  for (const listener of listeners) listener();
}

/** The Content-Security-Policy allows this one policy for the URL of a script (app/security-headers.ts). */
function scriptUrl(): string {
  const policy = window.trustedTypes?.createPolicy('service-worker', { createScriptURL: () => SCRIPT });
  return (policy?.createScriptURL('') ?? SCRIPT) as string;
}

/** A built app that was served on this port before has left one, which would answer for the dev server. */
async function removeServiceWorkers(): Promise<void> {
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    await registration.unregister();
  }
}
