import { useEffect, useRef } from 'react';
import { Link, useRoute } from 'wouter';

/** A link of the navigation, marked while its page is shown. */
export function NavLink({ to, children }: { to: string; children: string }) {
  const [isActive] = useRoute(to === '/' ? to : `${to}/*?`);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a phone the navigation scrolls sideways.
    if (isActive) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isActive]);
  return (
    <Link ref={link} href={to} aria-current={isActive ? 'page' : undefined}>
      {children}
    </Link>
  );
}
