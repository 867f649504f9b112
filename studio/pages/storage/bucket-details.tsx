import { useState } from 'react';
import { useRead } from '../../api.ts';
import { ActionMessage } from '../../parts/action-message.tsx';
import { Card } from '../../parts/card.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { PolicyList, type Policy } from '../../parts/policy-list.tsx';
import { useAction } from '../../parts/use-action.ts';
import { askService } from '../../services.ts';
import { BucketForm } from './bucket-form.tsx';
import { formatSize, type Bucket } from './types.ts';

/** The settings of a bucket, and the policies that matter for it. */
export function BucketDetails({
  bucket,
  onChange,
  onDeleted,
}: {
  bucket: Bucket;
  onChange: () => void;
  onDeleted: () => void;
}) {
  const [isEditing, setEditing] = useState(false);
  const { act, ...state } = useAction();
  const { id, public: isPublic, file_size_limit: limit, allowed_mime_types: types } = bucket;
  const path = `/storage/v1/bucket/${encodeURIComponent(id)}`;
  const remove = () =>
    void act(async () => {
      await askService(`${path}/empty`, { method: 'POST', body: {} });
      await askService(path, { method: 'DELETE', body: {} });
      onDeleted();
      return undefined;
    });
  const actions = (
    <>
      <button type="button" className="copy" onClick={() => setEditing(true)}>
        Change
      </button>
      <ConfirmButton
        question={`Delete the bucket ${id}? All of its objects are deleted with it.`}
        confirm="Delete bucket"
        disabled={state.isBusy}
        onConfirm={remove}
      >
        Delete bucket
      </ConfirmButton>
    </>
  );
  return (
    <>
      <Card title="Bucket" action={actions}>
        <dl>
          <Fact name="Access" value={isPublic ? 'public: whoever has the URL can read' : 'private'} />
          <Fact name="Largest file" value={limit === null ? 'the limit of the project' : formatSize(limit)} />
          <Fact name="Allowed types" value={types === null ? 'all' : types.join(', ')} />
        </dl>
        <ActionMessage state={state} />
      </Card>
      <Policies bucket={id} />
      {isEditing && (
        <BucketForm
          bucket={bucket}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            onChange();
          }}
        />
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className="value-row">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Policies({ bucket }: { bucket: string }) {
  const { value: policies } = useRead<readonly Policy[]>(
    `storage-policies?bucket=${encodeURIComponent(bucket)}`,
  );
  if (!policies) return null;
  return (
    <Card title="Policies of storage.objects for this bucket">
      {policies.length === 0 && (
        <p className="quiet">
          None: only service_role uploads, lists and changes objects, and reads those of a private bucket.
        </p>
      )}
      <PolicyList policies={policies} />
    </Card>
  );
}
