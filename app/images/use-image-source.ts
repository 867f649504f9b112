import { useSyncExternalStore } from 'react';
import { localFiles } from '../files/local-files.ts';
import { type FileSource, useSignedUrl } from '../files/signed-urls.ts';

/** Source of a message's picture: this page, if it has just sent it, otherwise Storage. */
export function useImageSource(path: string): FileSource {
  const local = useSyncExternalStore(localFiles.subscribe, () => localFiles.urlOf(path));
  const signed = useSignedUrl('message-images', local === undefined ? path : null);
  return local === undefined ? signed : { ...signed, url: local };
}
