import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { IconButton } from '../shared/button.tsx';
import { useModal } from '../shared/dialog.tsx';
import styles from './lightbox.module.css';
import { useImageUrl } from './use-image-url.ts';

interface LightboxProps {
  images: readonly { readonly path: string; readonly alt: string }[];
  /** Index of the one to begin with. */
  start: number;
  onClose: () => void;
}

/**
 * Pictures at their full size, above everything. Escape and a press beside the picture close it, the arrow keys go from one
 * to the next, and the browser's <dialog> gives the focus back.
 */
export function Lightbox({ images, start, onClose }: LightboxProps): ReactNode {
  const ref = useModal();
  const [index, setIndex] = useState(start);
  const image = images[index];
  const go = (step: number): void => setIndex((index + step + images.length) % images.length);
  const onKeyDown = (event: KeyboardEvent): void => {
    // The conversation behind has keys of its own.
    event.stopPropagation();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) go(step);
  };
  if (!image) return null;
  return (
    // A press beside the picture has the dialog itself, or the row of buttons, as its target.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={styles['lightbox']}
      aria-label="Picture"
      onCancel={onClose}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (!(event.target instanceof Element && event.target.closest('button, a, img, p'))) onClose();
      }}
    >
      <div className={styles['bar']}>
        <span>{images.length > 1 && `${index + 1} of ${images.length}`}</span>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div className={styles['stage']}>
        {images.length > 1 && (
          <IconButton icon="chevronLeft" label="Previous picture" onClick={() => go(-1)} />
        )}
        <LargeImage key={image.path} {...image} />
        {images.length > 1 && <IconButton icon="chevronRight" label="Next picture" onClick={() => go(1)} />}
      </div>
      <p className={styles['caption']} aria-live="polite">
        {image.alt}
      </p>
    </dialog>
  );
}

function LargeImage({ path, alt }: { path: string; alt: string }): ReactNode {
  const url = useImageUrl(path);
  return <div className={styles['frame']}>{url !== undefined && <img src={url} alt={alt} />}</div>;
}
