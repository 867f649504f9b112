import { useState } from 'react';
import { ActionMessage } from '../../parts/action-message.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { askService } from '../../services.ts';
import type { Bucket } from './types.ts';

/** Creates a bucket, or changes the settings of one. */
export function BucketForm({
  bucket,
  onClose,
  onSaved,
}: {
  bucket?: Bucket;
  onClose: () => void;
  onSaved: (id: string) => void;
}) {
  const [id, setId] = useState(bucket?.id ?? '');
  const [isPublic, setPublic] = useState(bucket?.public ?? false);
  const [limit, setLimit] = useState(bucket?.file_size_limit?.toString() ?? '');
  const [types, setTypes] = useState(bucket?.allowed_mime_types?.join(', ') ?? '');
  const { act, ...state } = useAction();
  const save = () =>
    void act(async () => {
      const allowed = types.split(/[\s,]+/).filter(Boolean);
      const settings = {
        public: isPublic,
        file_size_limit: limit.trim() === '' ? null : readLimit(limit.trim()),
        allowed_mime_types: allowed.length === 0 ? null : allowed,
      };
      const path = '/storage/v1/bucket';
      await (bucket
        ? askService(`${path}/${encodeURIComponent(id)}`, { method: 'PUT', body: settings })
        : askService(path, { method: 'POST', body: { id, name: id, ...settings } }));
      onSaved(id);
      return undefined;
    });
  return (
    <Dialog title={bucket ? `Settings of ${bucket.id}` : 'New bucket'} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {!bucket && (
          <label>
            Name
            <input required value={id} onChange={(event) => setId(event.target.value)} />
          </label>
        )}
        <label className="check">
          <input type="checkbox" checked={isPublic} onChange={(event) => setPublic(event.target.checked)} />{' '}
          Public: whoever has the URL of an object can read it
        </label>
        <label>
          Largest file <span className="quiet">(bytes, or such as 5MB; empty: the project&apos;s limit)</span>
          <input value={limit} onChange={(event) => setLimit(event.target.value)} />
        </label>
        <label>
          Allowed types <span className="quiet">(such as image/*, text/plain; empty: all)</span>
          <input value={types} onChange={(event) => setTypes(event.target.value)} />
        </label>
        <ActionMessage state={state} />
        <p className="actions">
          <button type="button" className="copy" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" disabled={state.isBusy}>
            {bucket ? 'Save' : 'Create'}
          </button>
        </p>
      </form>
    </Dialog>
  );
}

/** Storage takes bytes as a number, and a number with a unit as text. */
function readLimit(limit: string): number | string {
  return /^\d+$/.test(limit) ? Number(limit) : limit;
}
