import { type ComponentProps, type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import buttonStyles from '../shared/button.module.css';
import { IconButton } from '../shared/button.tsx';
import { Icon } from '../shared/icon.tsx';
import { useModal } from '../shared/use-modal.ts';
import styles from './lightbox.module.css';
import { useImageSource } from './use-image-source.ts';

interface LightboxProps {
  images: readonly { readonly path: string; readonly alt: string }[];
  /** Index of the one to begin with. */
  start: number;
  onClose: () => void;
}

/**
 * Pictures at their full size, above everything. Escape and a press beside the picture close it, the arrow keys and
 * a finger go from one to the next, and the browser's <dialog> gives the focus back.
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
  const swipe = useSwipe(go);
  if (!image) return null;
  return (
    // A press beside the picture has the dialog itself, or the row of buttons, as its target.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={styles.lightbox}
      aria-label="Picture"
      onCancel={onClose}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (!(event.target instanceof Element && event.target.closest('button, a, img, p'))) onClose();
      }}
    >
      <div className={styles.bar}>
        <span>{images.length > 1 && `${index + 1} of ${images.length}`}</span>
        <SaveLink path={image.path} />
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div className={styles.stage} {...(images.length > 1 && swipe)}>
        {images.length > 1 && (
          <IconButton icon="chevronLeft" label="Previous picture" onClick={() => go(-1)} />
        )}
        <LargeImage key={image.path} {...image} />
        {images.length > 1 && <IconButton icon="chevronRight" label="Next picture" onClick={() => go(1)} />}
      </div>
      <p className={styles.caption} aria-live="polite">
        {image.alt}
      </p>
    </dialog>
  );
}

function LargeImage({ path, alt }: { path: string; alt: string }): ReactNode {
  const { url, onError } = useImageSource(path);
  return (
    <div className={styles.frame}>
      {url === undefined ? <Icon name="image" size={40} /> : <img src={url} alt={alt} onError={onError} />}
    </div>
  );
}

/** Storage sends a file to be kept when it is asked with `download`; one of this page needs the attribute only. */
function SaveLink({ path }: { path: string }): ReactNode {
  const { url } = useImageSource(path);
  if (url === undefined) return null;
  return (
    <a
      className={buttonStyles.icon}
      href={url.startsWith('blob:') ? url : `${url}&download=`}
      download
      aria-label="Save picture"
      title="Save picture"
    >
      <Icon name="save" />
    </a>
  );
}

/** Least movement of a finger, in pixels, that turns to the next picture. */
const SWIPE_PX = 50;

/** Turns with a finger; not while the picture is enlarged, when a finger moves it. */
function useSwipe(go: (step: number) => void): Pick<ComponentProps<'div'>, 'onTouchStart' | 'onTouchEnd'> {
  const startX = useRef(0);
  return {
    onTouchStart: (event) => {
      startX.current = event.touches.length === 1 ? (event.touches[0]?.clientX ?? 0) : Number.NaN;
    },
    onTouchEnd: (event) => {
      const distance = (event.changedTouches[0]?.clientX ?? 0) - startX.current;
      if (window.visualViewport?.scale === 1 && Math.abs(distance) > SWIPE_PX) go(distance < 0 ? 1 : -1);
    },
  };
}
