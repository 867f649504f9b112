import { type ReactNode, Suspense, useState } from 'react';
import { sizeOfImages } from '../images/layout.ts';
import { useImageSource } from '../images/use-image-source.ts';
import { Icon } from '../shared/icon.tsx';
import { lazyScreen } from '../shared/lazy-screen.ts';
import styles from './message-images.module.css';
import { describeImages, type MessageImage } from './message.ts';

const Gallery = lazyScreen(() => import('./gallery.tsx'));

interface MessageImagesProps {
  images: readonly MessageImage[];
  /** Named in the alt text of a picture without a description. */
  author: string;
}

/** The pictures of a message, in an area whose size is known in advance. A click shows one large. */
export function MessageImages({ images, author }: MessageImagesProps): ReactNode {
  const [openPath, setOpenPath] = useState<string | undefined>(undefined);
  const { width, height } = sizeOfImages(images);
  const described = describeImages(images, author);
  return (
    <div className={styles.images} data-count={images.length} style={{ aspectRatio: `${width} / ${height}` }}>
      {described.map((image) => (
        <button
          key={image.path}
          type="button"
          className={styles.tile}
          aria-haspopup="dialog"
          onClick={() => setOpenPath(image.path)}
        >
          <Thumbnail {...image} />
        </button>
      ))}
      {openPath !== undefined && (
        <Suspense>
          <Gallery images={described} start={openPath} onClose={() => setOpenPath(undefined)} />
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
