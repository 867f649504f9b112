import { useEffect, useState } from 'react';
import { useService } from '../../services.ts';
import { BucketDetails } from './bucket-details.tsx';
import { BucketForm } from './bucket-form.tsx';
import { Objects } from './objects.tsx';
import type { Bucket } from './types.ts';
import { usePlace } from './use-place.ts';
import './storage.css';

/** Buckets, their folders and objects, and who may do what with them. */
export default function Storage() {
  const { place, go } = usePlace();
  const { value: buckets, error, reload } = useService<readonly Bucket[]>('/storage/v1/bucket');
  const [isCreating, setCreating] = useState(false);
  const bucket = buckets?.find(({ id }) => id === place?.bucket);
  const open = (id: string) => go({ bucket: id, folder: '', object: undefined });
  useEffect(() => {
    document.title = `${place?.bucket ?? 'Storage'} – Supabase Studio`;
  }, [place?.bucket]);
  return (
    <div className="storage-page">
      <section aria-label="Buckets">
        <div className="card-head">
          <h1>Storage</h1>
          <span className="space" />
          <button type="button" className="primary" onClick={() => setCreating(true)}>
            New bucket
          </button>
        </div>
        {error !== undefined && <p role="alert">{error}</p>}
        {buckets?.length === 0 && <p className="quiet">No bucket yet.</p>}
        <ul className="buckets">
          {buckets?.map(({ id, public: isPublic }) => (
            <li key={id}>
              <button
                type="button"
                aria-current={id === place?.bucket ? 'true' : undefined}
                onClick={() => open(id)}
              >
                {id} {isPublic && <span className="badge warning">public</span>}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {place && bucket ? (
        <div className="column">
          <Objects key={`${place.bucket}/${place.folder}`} bucket={bucket} place={place} go={go} />
          <BucketDetails
            key={bucket.id}
            bucket={bucket}
            onChange={() => void reload()}
            onDeleted={() => {
              go(undefined);
              reload();
            }}
          />
        </div>
      ) : (
        <p className="quiet empty">
          {place && buckets ? `There is no bucket ${place.bucket}.` : 'Choose a bucket.'}
        </p>
      )}
      {isCreating && (
        <BucketForm
          onClose={() => setCreating(false)}
          onSaved={(id) => {
            setCreating(false);
            reload();
            open(id);
          }}
        />
      )}
    </div>
  );
}
