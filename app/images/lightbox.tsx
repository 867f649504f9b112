import { type ComponentProps, type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import buttonStyles from '../shared/button.module.css';
import { IconButton } from '../shared/button.tsx';
import { Icon, type IconName } from '../shared/icon.tsx';
import { Modal } from '../shared/modal.tsx';
import styles from './lightbox.module.css';
import { useImageSource } from './use-image-source.ts';

export interface LightboxImage {
  readonly path: string;
  readonly alt: string;
  /** Who sent it, and when. */
  readonly from?: string;
}

interface LightboxProps {
  images: readonly LightboxImage[];
  /** Path of the picture to show first. More pictures may be added around it while it is shown. */
  start: string;
  onClose: () => void;
}

/**
 * Shows pictures at full size above the page. Escape or a click beside the picture closes it; arrow keys, Home, End
 * and swipes change the picture.
 */
export function Lightbox({ images, start, onClose }: LightboxProps): ReactNode {
  const [path, setPath] = useState(start);
  const index = images.findIndex((other) => other.path === path);
  const image = images[index];
  const show = (other: LightboxImage | undefined): void => {
    if (other) setPath(other.path);
  };
  const [previous, next] = [images[index - 1], images[index + 1]];
  const onKeyDown = (event: KeyboardEvent): void => {
    // The conversation behind handles the arrow keys too.
    event.stopPropagation();
    if (event.key === 'ArrowRight') show(next);
    else if (event.key === 'ArrowLeft') show(previous);
    else if (event.key === 'Home') show(images[0]);
    else if (event.key === 'End') show(images.at(-1));
  };
  const swipe = useSwipe((step) => show(step < 0 ? previous : next));
  if (!image) return null;
  return (
    <Modal
      className={styles.lightbox}
      aria-label="Picture"
      inside="button, a, img, p"
      onClose={onClose}
      onKeyDown={onKeyDown}
    >
      <div className={styles.bar}>
        <span>{images.length > 1 && `${index + 1} of ${images.length}`}</span>
        <SaveLink path={image.path} />
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div className={styles.stage} {...swipe}>
        {images.length > 1 && (
          <Step icon="chevronLeft" label="Previous picture" to={previous} onStep={show} />
        )}
        <LargeImage key={image.path} {...image} />
        {images.length > 1 && <Step icon="chevronRight" label="Next picture" to={next} onStep={show} />}
        {[previous, next].map((other) => other && <Preload key={other.path} path={other.path} />)}
      </div>
      <div className={styles.caption}>
        <p aria-live="polite">{image.alt}</p>
        {image.from !== undefined && <p className={styles.from}>{image.from}</p>}
      </div>
    </Modal>
  );
}

interface StepProps {
  icon: IconName;
  label: string;
  to: LightboxImage | undefined;
  onStep: (to: LightboxImage | undefined) => void;
}

/** A disabled button would lose the focus, and with it the keyboard, at the last picture. */
function Step({ icon, label, to, onStep }: StepProps): ReactNode {
  return <IconButton icon={icon} label={label} aria-disabled={to === undefined} onClick={() => onStep(to)} />;
}

function LargeImage({ path, alt }: LightboxImage): ReactNode {
  const { url, onError } = useImageSource(path);
  return (
    <div className={styles.frame}>
      {url === undefined ? <Icon name="image" size={40} /> : <img src={url} alt={alt} onError={onError} />}
    </div>
  );
}

/** Loads a picture that may be shown next. */
function Preload({ path }: { path: string }): ReactNode {
  const { url } = useImageSource(path);
  return url === undefined ? null : <img hidden src={url} alt="" />;
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
