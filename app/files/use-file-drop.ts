import { useEffect, useEffectEvent, useState } from 'react';

/**
 * Accepts files dropped anywhere on the page, instead of letting the browser open them.
 *
 * @returns whether files are being dragged over the page
 */
export function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [isDragging, setIsDragging] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    // dragenter and dragleave fire for every element on the way: the pointer has left the page when their counts match.
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
