import { type ReactNode, useRef } from 'react';
import { IconButton } from '../shared/button.tsx';

interface FileButtonProps {
  label: string;
  onFiles: (files: readonly File[]) => void;
}

/** A button that lets one choose pictures. */
export function FileButton({ label, onFiles }: FileButtonProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="image" label={label} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={label}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // Choosing the same file again is a change as well.
          event.target.value = '';
        }}
      />
    </>
  );
}
