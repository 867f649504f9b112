import { type ComponentProps, type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import buttonStyles from '../shared/button.module.css';
import { IconButton } from '../shared/button.tsx';
import { Icon } from '../shared/icon.tsx';
import { useModal } from '../shared/use-modal.ts';
import styles from './lightbox.module.css';
import { useImageSource } from './use-image-source.ts';

interface LightboxProps {
  images: readonly { readonly path: string; readonly alt: string }[];
  /** Index of the picture to show first. */
  start: number;
  onClose: () => void;
}

/**
 * Shows pictures at full size above the page. Escape or a click beside the picture closes it, arrow keys and swipes
 * change the picture, and the browser's <dialog> restores the focus.
 */
export default function Lightbox({ images, start, onClose }: LightboxProps): ReactNode {
  const ref = useModal();
  const [index, setIndex] = useState(start);
  const image = images[index];
  const go = (step: number): void => setIndex((index + step + images.length) % images.length);
  const onKeyDown = (event: KeyboardEvent): void => {
    // The conversation behind handles the arrow keys too.
    event.stopPropagation();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) go(step);
  };
  const swipe = useSwipe(go);
  if (!image) return null;
  return (
    // The target of a click beside the picture is the dialog itself or the row of buttons.
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

/**
 * With the query parameter `download`, Storage sends the file as an attachment; a blob URL needs only the
 * attribute.
 */
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

/** Minimum swipe distance in pixels. */
const SWIPE_PX = 50;

/** Swiping changes the picture, except while the page is zoomed in, when it scrolls. */
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
