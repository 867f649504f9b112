/** Tells the service worker whether a path is on the screen, before it shows a notification for it. */
export function answerWhatIsOnScreen(): void {
  navigator.serviceWorker.addEventListener('message', ({ data, ports: [port] }) => {
    const { pathname } = data as { pathname?: string };
    port?.postMessage(document.visibilityState === 'visible' && pathname === window.location.pathname);
  });
}
