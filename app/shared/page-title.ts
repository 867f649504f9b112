/** The title of the browser's tab: "(3) #general · The Millers · OurChat". */
let text = 'OurChat';
let unreadCount = 0;

/** @param parts most specific first; undefined ones are left out */
export function setPageTitle(...parts: (string | undefined)[]): void {
  text = [...parts.filter(Boolean), 'OurChat'].join(' · ');
  render();
}

/** Shows the number of unread messages in the tab's title and icon, and on the icon of the installed app. */
export function setUnreadCount(count: number): void {
  unreadCount = count;
  render();
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (icon) icon.href = count === 0 ? '/icon.svg' : '/icon-unread.svg';
  // Refused when the app is not installed, which does no harm.
  if ('setAppBadge' in navigator) void navigator.setAppBadge(count).catch(() => {});
}

function render(): void {
  document.title = unreadCount === 0 ? text : `(${unreadCount > 99 ? '99+' : unreadCount}) ${text}`;
}
