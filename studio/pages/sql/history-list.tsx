import { Card } from '../../parts/card.tsx';
import type { Entry } from './history.ts';

/** The scripts that were run in this browser; choosing one puts it into the editor. */
export function History({
  entries,
  onOpen,
  onClear,
}: {
  entries: readonly Entry[];
  onOpen: (entry: Entry) => void;
  onClear: () => void;
}) {
  const action = entries.length > 0 && (
    <button type="button" className="copy" onClick={onClear}>
      Clear
    </button>
  );
  return (
    <Card title="History" action={action}>
      {entries.length === 0 && <p className="quiet">What you run is kept here, in this browser only.</p>}
      <ul className="history">
        {entries.map((entry) => (
          <li key={`${entry.as} ${entry.sql}`}>
            <button type="button" onClick={() => onOpen(entry)}>
              <code>{entry.sql.trim().slice(0, 200)}</code>
              <span className="quiet">{new Date(entry.at).toLocaleString()}</span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
