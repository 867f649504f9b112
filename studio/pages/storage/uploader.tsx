import { useRef, useState, type ReactNode } from 'react';

/** A card that takes files: dropped on it, or chosen by its button. */
export function Uploader({
  isBusy,
  onFiles,
  children,
}: {
  isBusy: boolean;
  onFiles: (files: readonly File[]) => void;
  children: ReactNode;
}) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button does the same by keyboard
    <section
      className={isOver ? 'card uploader over' : 'card uploader'}
      aria-label="Objects"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      <p className="drop quiet">
        {isBusy ? 'Uploading…' : 'Drop files here, or'}{' '}
        <button type="button" className="copy" disabled={isBusy} onClick={() => input.current?.click()}>
          Choose files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            onFiles([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
      </p>
    </section>
  );
}
