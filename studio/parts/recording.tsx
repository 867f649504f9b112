import { Link } from 'wouter';

const TABS = [
  ['/requests', 'HTTP'],
  ['/requests/websocket', 'WebSocket'],
] as const;

/** Head of the pages that record: what is chosen, and whether anything is recorded now. */
export function RecordingHead({
  current,
  isConnected,
}: {
  current: 'HTTP' | 'WebSocket';
  isConnected: boolean;
}) {
  return (
    <div className="page-head with-tabs">
      <h1>Requests</h1>
      <nav aria-label="Kind of request" className="tabs">
        {TABS.map(([href, name]) => (
          <Link key={name} href={href} aria-current={name === current ? 'page' : undefined}>
            {name}
          </Link>
        ))}
      </nav>
      <output className="quiet">
        {isConnected
          ? 'Recording while this page is open.'
          : 'The dev server does not answer; connecting again…'}
      </output>
    </div>
  );
}
