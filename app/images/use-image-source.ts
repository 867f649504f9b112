import { useSyncExternalStore } from 'react';
import { localImages } from './local-images.ts';
import { type ImageSource, useSignedUrl } from './signed-urls.ts';

/** Where to load a picture of a message: from this page, which has just sent it, otherwise from Storage. */
export function useImageSource(path: string): ImageSource {
  const local = useSyncExternalStore(localImages.subscribe, () => localImages.urlOf(path));
  const signed = useSignedUrl('message-images', local === undefined ? path : null);
  return local === undefined ? signed : { ...signed, url: local };
}
