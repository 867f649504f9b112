import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { supabase } from '../model/supabase.ts';
import { batched } from '../shared/batch.ts';

/**
 * All are private: a file is loaded with a signed URL, which Storage creates only if the policies let the user
 * read the file.
 */
export type Bucket = 'avatars' | 'link-previews' | 'message-files' | 'message-images';

const LIFETIME_S = 60 * 60;
/** A URL is renewed this long before it expires, so that no `<img>` gets one that is about to. */
const RESERVE_MS = 5 * 60_000;
const RETRY_MS = 10_000;

interface SignedUrl {
  readonly url: string;
  readonly expiresAt: number;
}

const sign: Readonly<Record<Bucket, (path: string) => Promise<SignedUrl | undefined>>> = {
  avatars: batched((paths) => createUrls('avatars', paths)),
  'link-previews': batched((paths) => createUrls('link-previews', paths)),
  'message-files': batched((paths) => createUrls('message-files', paths)),
  'message-images': batched((paths) => createUrls('message-images', paths)),
};

/** What an `<img>` or a link needs: a URL, once it is known, and an error handler. */
export interface FileSource {
  readonly url: string | undefined;
  readonly onError: () => void;
}

/**
 * A URL that loads a file for the next hour. All files of a screen are signed in one request. After a failure to
 * sign or to load, it is retried every few seconds while the component is mounted.
 *
 * @param path `null` for no file
 * @returns no URL while it is unknown, or if the file does not exist or the user may not read it
 */
export function useSignedUrl(bucket: Bucket, path: string | null): FileSource {
  const { data: url, refetch } = useQuery({
    queryKey: ['signed-url', bucket, path],
    queryFn: async () => (path === null ? null : ((await sign[bucket](path)) ?? null)),
    enabled: path !== null,
    staleTime: ({ state }) => (state.data ? state.data.expiresAt - RESERVE_MS - Date.now() : RETRY_MS),
    gcTime: LIFETIME_S * 1_000,
    refetchInterval: ({ state }) => (state.status === 'error' ? RETRY_MS : false),
    select: usableUrl,
  });
  const [brokenUrl, setBrokenUrl] = useState<string | undefined>(undefined);
  const isBroken = url !== undefined && url === brokenUrl;
  useEffect(() => {
    if (!isBroken) return undefined;
    const timer = setTimeout(() => void refetch(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [isBroken, refetch]);
  return { url: isBroken ? undefined : url, onError: () => setBrokenUrl(url) };
}

/** A component that mounts again after an hour waits for a new URL instead of using the expired one. */
function usableUrl(signed: SignedUrl | null): string | undefined {
  return signed && signed.expiresAt > Date.now() ? signed.url : undefined;
}

async function createUrls(bucket: Bucket, paths: readonly string[]): Promise<ReadonlyMap<string, SignedUrl>> {
  const expiresAt = Date.now() + LIFETIME_S * 1_000;
  const { data, error } = await supabase.storage.from(bucket).createSignedUrls([...paths], LIFETIME_S);
  if (error) throw error;
  return new Map(
    data.flatMap(({ path, signedUrl }) =>
      path !== null && signedUrl ? [[path, { url: signedUrl, expiresAt }] as const] : [],
    ),
  );
}
