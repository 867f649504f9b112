import { formatSize, type Entry } from './types.ts';

/** The entries of a folder: folders first, then objects with size and type. */
export function EntryList({
  entries,
  chosen,
  onOpen,
}: {
  entries: readonly Entry[];
  chosen: string | undefined;
  onOpen: (entry: Entry) => void;
}) {
  if (entries.length === 0) return <p className="quiet empty">Nothing is here.</p>;
  return (
    <ul className="entries" aria-label="Entries">
      {entries.map((entry) => {
        const { name, id, metadata } = entry;
        const isFolder = id === null;
        return (
          <li key={`${isFolder} ${name}`}>
            <button
              type="button"
              aria-current={!isFolder && name === chosen ? 'true' : undefined}
              onClick={() => onOpen(entry)}
            >
              <span aria-hidden="true">{isFolder ? '▸' : ''}</span>
              <span className="entry-name">
                {name}
                {isFolder && '/'}
              </span>
              <span className="quiet">
                {isFolder ? 'folder' : `${formatSize(metadata?.size ?? 0)} · ${metadata?.mimetype ?? ''}`}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
