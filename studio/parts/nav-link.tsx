import { Link, useRoute } from 'wouter';

/** A link of the navigation, marked while its page is shown. */
export function NavLink({ to, children }: { to: string; children: string }) {
  const [isActive] = useRoute(to === '/' ? to : `${to}/*?`);
  return (
    <Link href={to} aria-current={isActive ? 'page' : undefined}>
      {children}
    </Link>
  );
}
