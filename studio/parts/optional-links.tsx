import { useRead } from '../api.ts';
import { NavLink } from './nav-link.tsx';

/** As OptionalPage of plugin/studio/optional-pages.ts. */
const NAMES = { functions: 'Functions', cron: 'Cron', queues: 'Queues', webhooks: 'Webhooks' } as const;

/** Links to the pages that only some stacks have. */
export function OptionalLinks() {
  const { value: pages } = useRead<readonly (keyof typeof NAMES)[]>('pages');
  return pages?.map((page) => (
    <NavLink key={page} to={`/${page}`}>
      {NAMES[page]}
    </NavLink>
  ));
}
