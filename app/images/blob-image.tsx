import { type ComponentProps, type ReactNode, useCallback } from 'react';

interface BlobImageProps extends Omit<ComponentProps<'img'>, 'src' | 'ref'> {
  blob: Blob;
  alt: string;
}

/** An image from a Blob. Its object URL is revoked when the element is removed. */
export function BlobImage({ blob, alt, ...rest }: BlobImageProps): ReactNode {
  const show = useCallback(
    (element: HTMLImageElement) => {
      const url = URL.createObjectURL(blob);
      element.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [blob],
  );
  return <img {...rest} ref={show} alt={alt} />;
}
