import { type ReactNode, Suspense, useState } from 'react';
import { sizeOfImages } from '../images/layout.ts';
import { useImageSource } from '../images/use-image-source.ts';
import { Icon } from '../shared/icon.tsx';
import { lazyScreen } from '../shared/lazy-screen.ts';
import styles from './message-images.module.css';
import type { MessageImage } from './message.ts';

const Lightbox = lazyScreen(() => import('../images/lightbox.tsx'));

interface MessageImagesProps {
  images: readonly MessageImage[];
  /** Named in the alt text of a picture without a description. */
  author: string;
}

/** The pictures of a message, in an area whose size is known in advance. A click shows a picture large. */
export function MessageImages({ images, author }: MessageImagesProps): ReactNode {
  const [openIndex, setOpenIndex] = useState<number | undefined>(undefined);
  const { width, height } = sizeOfImages(images);
  const described = images.map(({ path, alt }, index) => ({
    path,
    alt: alt ?? (images.length === 1 ? `Picture from ${author}` : `Picture ${index + 1} from ${author}`),
  }));
  return (
    <div className={styles.images} data-count={images.length} style={{ aspectRatio: `${width} / ${height}` }}>
      {described.map((image, index) => (
        <button
          key={image.path}
          type="button"
          className={styles.tile}
          aria-haspopup="dialog"
          onClick={() => setOpenIndex(index)}
        >
          <Thumbnail {...image} />
        </button>
      ))}
      {openIndex !== undefined && (
        <Suspense>
          <Lightbox images={described} start={openIndex} onClose={() => setOpenIndex(undefined)} />
        </Suspense>
      )}
    </div>
  );
}

function Thumbnail({ path, alt }: { path: string; alt: string }): ReactNode {
  const { url, onError } = useImageSource(path);
  if (url === undefined) {
    return (
      <span className={styles.missing}>
        <Icon name="image" />
        <span className="visually-hidden">{alt}</span>
      </span>
    );
  }
  return <img src={url} alt={alt} draggable={false} onError={onError} />;
}
