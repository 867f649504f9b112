import { type ReactNode, useRef } from 'react';
import { IconButton } from '../shared/button.tsx';

interface FileButtonProps {
  label: string;
  onFiles: (files: readonly File[]) => void;
}

/** A button that opens a file picker. */
export function FileButton({ label, onFiles }: FileButtonProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="attach" label={label} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={label}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // Reset, so that choosing the same file again fires a change event.
          event.target.value = '';
        }}
      />
    </>
  );
}
