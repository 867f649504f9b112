import { useState } from 'react';
import { ActionMessage } from '../../parts/action-message.tsx';
import { useLoad } from '../../api.ts';
import { useAction } from '../../parts/use-action.ts';
import { askService } from '../../services.ts';
import { EntryList } from './entry-list.tsx';
import { Folders } from './folders.tsx';
import { ObjectDetails } from './object-details.tsx';
import { objectUrl, pathOf, type Bucket, type Entry, type Place } from './types.ts';
import { Uploader } from './uploader.tsx';

const PAGE = 100;

/** One folder of a bucket: its entries, a place to drop files, and the chosen object. */
export function Objects({
  bucket,
  place,
  go,
}: {
  bucket: Bucket;
  place: Place;
  go: (place: Place | undefined) => void;
}) {
  const [search, setSearch] = useState('');
  const [page, setPage] = useState(0);
  const list = JSON.stringify({
    bucket: place.bucket,
    prefix: place.folder,
    search,
    limit: PAGE,
    offset: page * PAGE,
  });
  const { value: entries, error, reload } = useLoad<readonly Entry[]>(loadEntries, list);
  const { act, ...state } = useAction();
  const upload = (files: readonly File[]) =>
    void act(async () => {
      try {
        for (const file of files) {
          const url = objectUrl('', place.bucket, pathOf(place, file.name));
          const headers = { 'content-type': file.type || 'application/octet-stream' };
          await askService(url, { method: 'POST', body: file, headers });
        }
      } finally {
        reload();
      }
      return files.length === 1 ? `${files[0]?.name} was uploaded.` : `${files.length} files were uploaded.`;
    });
  const { object: chosen } = place;
  const choose = (object: string | undefined) => go({ ...place, object });
  return (
    <div className={chosen === undefined ? 'split' : 'split chosen'}>
      <Uploader isBusy={state.isBusy} onFiles={upload}>
        <Folders place={place} go={go} />
        <input
          type="search"
          aria-label="Search names"
          placeholder="Beginning of a name"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setPage(0);
          }}
        />
        <ActionMessage state={state} />
        {error !== undefined && <p role="alert">{error}</p>}
        {entries && (
          <EntryList
            entries={entries}
            chosen={chosen}
            onOpen={({ name, id }) =>
              id === null ? go({ ...place, folder: pathOf(place, name), object: undefined }) : choose(name)
            }
          />
        )}
        {entries && (page > 0 || entries.length === PAGE) && (
          <p className="pager">
            <button type="button" className="copy" disabled={page === 0} onClick={() => setPage(page - 1)}>
              Previous
            </button>{' '}
            Page {page + 1}{' '}
            <button
              type="button"
              className="copy"
              disabled={entries.length < PAGE}
              onClick={() => setPage(page + 1)}
            >
              Next
            </button>
          </p>
        )}
      </Uploader>
      {chosen !== undefined && (
        <ObjectDetails
          key={chosen}
          bucket={bucket}
          path={pathOf(place, chosen)}
          onClose={() => choose(undefined)}
          onGone={() => {
            choose(undefined);
            reload();
          }}
        />
      )}
    </div>
  );
}

async function loadEntries(list: string): Promise<unknown> {
  const { bucket, ...body } = JSON.parse(list) as { bucket: string };
  const path = `/storage/v1/object/list/${encodeURIComponent(bucket)}`;
  return (await askService(path, { method: 'POST', body })).value;
}
