import { useSyncExternalStore } from 'react';
import { localImages } from './local-images.ts';
import { type ImageSource, useSignedUrl } from './signed-urls.ts';

/** Source of a message's picture: this page, if it has just sent it, otherwise Storage. */
export function useImageSource(path: string): ImageSource {
  const local = useSyncExternalStore(localImages.subscribe, () => localImages.urlOf(path));
  const signed = useSignedUrl('message-images', local === undefined ? path : null);
  return local === undefined ? signed : { ...signed, url: local };
}
