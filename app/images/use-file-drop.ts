import { useEffect, useEffectEvent, useState } from 'react';

/**
 * Takes files that are dropped anywhere on the page, which then does not leave for them as it would by itself.
 *
 * @returns whether files are being dragged over the page
 */
export function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [isDragging, setIsDragging] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    // Each element that is entered and left on the way counts; the page is left when as many are left as were entered.
    let depth = 0;
    const move = (event: DragEvent, change: number): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      depth += change;
      setIsDragging(depth > 0);
    };
    const drop = (event: DragEvent): void => {
      move(event, -depth);
      take([...(event.dataTransfer?.files ?? [])]);
    };
    const listeners = {
      dragenter: (event: DragEvent) => move(event, 1),
      dragover: (event: DragEvent) => move(event, 0),
      dragleave: (event: DragEvent) => move(event, -1),
      drop,
    };
    const { dragenter, dragover, dragleave } = listeners;
    window.addEventListener('dragenter', dragenter);
    window.addEventListener('dragover', dragover);
    window.addEventListener('dragleave', dragleave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', dragenter);
      window.removeEventListener('dragover', dragover);
      window.removeEventListener('dragleave', dragleave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return isDragging;
}
