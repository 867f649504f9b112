import { useEffect, useRef, useState } from 'react';
import { ActionMessage } from '../../parts/action-message.tsx';
import { ConfirmButton } from '../../parts/confirm-button.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../parts/use-action.ts';
import { askService, useService } from '../../services.ts';
import { Preview } from './preview.tsx';
import { signedUrl } from './signed-url.ts';
import { formatSize, objectUrl, type Bucket, type ObjectInfo } from './types.ts';

const LIFETIMES = [
  ['one hour', 3_600],
  ['one day', 86_400],
  ['one week', 604_800],
] as const;

/** One object: a preview, links to it, and what can be done with it. */
export function ObjectDetails({
  bucket,
  path,
  onClose,
  onGone,
}: {
  bucket: Bucket;
  path: string;
  onClose: () => void;
  onGone: () => void;
}) {
  const [seconds, setSeconds] = useState<number>(LIFETIMES[0][1]);
  const [isMoving, setMoving] = useState(false);
  const { act, ...state } = useAction();
  const { value: info, error } = useService<ObjectInfo>(objectUrl('info/', bucket.id, path));
  const heading = useRef<HTMLHeadingElement>(null);
  const name = path.slice(path.lastIndexOf('/') + 1);
  useEffect(() => {
    heading.current?.focus();
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) onClose();
    };
    document.addEventListener('keydown', closeOnEscape);
    return () => document.removeEventListener('keydown', closeOnEscape);
  }, [onClose]);
  const copyLink = () =>
    void act(async () => {
      await navigator.clipboard.writeText(location.origin + (await signedUrl(bucket.id, path, seconds)));
      return 'The signed link was copied.';
    });
  const remove = () =>
    void act(async () => {
      const url = `/storage/v1/object/${encodeURIComponent(bucket.id)}`;
      await askService(url, { method: 'DELETE', body: { prefixes: [path] } });
      onGone();
      return undefined;
    });
  return (
    <section className="card panel" aria-label="Object">
      <div className="card-head">
        <h2 ref={heading} tabIndex={-1}>
          {name}
        </h2>
        <button type="button" className="copy" onClick={onClose}>
          Close
        </button>
      </div>
      {error !== undefined && <p role="alert">{error}</p>}
      {info && (
        <>
          <p className="quiet">
            {formatSize(info.size ?? 0)}, {info.content_type}
            {info.last_modified !== null && `, changed ${new Date(info.last_modified).toLocaleString()}`}
          </p>
          <Preview bucket={bucket.id} path={path} type={info.content_type ?? ''} size={info.size ?? 0} />
        </>
      )}
      <div className="tools">
        <button type="button" className="copy" disabled={state.isBusy} onClick={copyLink}>
          Copy signed link
        </button>
        <label>
          for{' '}
          <select value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
            {LIFETIMES.map(([label, value]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {bucket.public && (
          <CopyButton text={location.origin + objectUrl('public/', bucket.id, path)} label="Copy public URL">
            Copy public URL
          </CopyButton>
        )}
        <button type="button" className="copy" onClick={() => setMoving(true)}>
          Move
        </button>
        <ConfirmButton
          question={`Delete ${name}? It cannot be brought back.`}
          confirm="Delete"
          disabled={state.isBusy}
          onConfirm={remove}
        >
          Delete
        </ConfirmButton>
      </div>
      <ActionMessage state={state} />
      {isMoving && (
        <MoveForm bucket={bucket.id} path={path} onClose={() => setMoving(false)} onMoved={onGone} />
      )}
    </section>
  );
}

function MoveForm({
  bucket,
  path,
  onClose,
  onMoved,
}: {
  bucket: string;
  path: string;
  onClose: () => void;
  onMoved: () => void;
}) {
  const [target, setTarget] = useState(path);
  const { act, ...state } = useAction();
  const move = () =>
    void act(async () => {
      const body = { bucketId: bucket, sourceKey: path, destinationKey: target };
      await askService('/storage/v1/object/move', { method: 'POST', body });
      onMoved();
      return undefined;
    });
  return (
    <Dialog title="Move or rename" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          move();
        }}
      >
        <label>
          New path in {bucket}
          <input required value={target} onChange={(event) => setTarget(event.target.value)} />
        </label>
        <ActionMessage state={state} />
        <p className="actions">
          <button type="submit" className="primary" disabled={state.isBusy || target === path}>
            Move
          </button>
        </p>
      </form>
    </Dialog>
  );
}
