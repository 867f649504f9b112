import { useState } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import { pathOf, type Place } from './types.ts';

/** The way to the folder, and a new one below it. */
export function Folders({ place, go }: { place: Place; go: (place: Place) => void }) {
  const [isNaming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const names = [place.bucket, ...place.folder.split('/').filter(Boolean)];
  return (
    <div className="card-head">
      <nav aria-label="Folders" className="folders">
        <ol>
          {names.map((folder, at) => {
            const path = names.slice(1, at + 1).join('/');
            return (
              <li key={path}>
                {at === names.length - 1 ? (
                  <strong aria-current="location">{folder}</strong>
                ) : (
                  <button
                    type="button"
                    className="link"
                    onClick={() => go({ ...place, folder: path, object: undefined })}
                  >
                    {folder}
                  </button>
                )}
              </li>
            );
          })}
        </ol>
      </nav>
      <button type="button" className="copy" onClick={() => setNaming(true)}>
        New folder
      </button>
      {isNaming && (
        <Dialog title="New folder" onClose={() => setNaming(false)}>
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              go({ ...place, folder: pathOf(place, name.replaceAll(/^\/+|\/+$/g, '')), object: undefined });
            }}
          >
            <label>
              Name <span className="quiet">(a folder exists as long as there are objects in it)</span>
              <input required value={name} onChange={(event) => setName(event.target.value)} />
            </label>
            <p className="actions">
              <button type="submit" className="primary">
                Open
              </button>
            </p>
          </form>
        </Dialog>
      )}
    </div>
  );
}
