import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Lightbox, type LightboxImage } from '../images/lightbox.tsx';
import { formatFull } from '../shared/format-time.ts';
import { DELETED_USER, useConversationScreen } from './conversation-context.ts';
import { fetchPictures } from './message-requests.ts';
import { describeImages, readImages } from './message.ts';

interface GalleryProps {
  /** The pictures of the message, shown until those of the whole channel are known. */
  images: readonly LightboxImage[];
  /** Path of the picture to show first. */
  start: string;
  onClose: () => void;
}

/** All pictures of the channel, large, one at a time. */
export default function Gallery({ images, start, onClose }: GalleryProps): ReactNode {
  const { conversation, members } = useConversationScreen();
  const { channelId } = conversation;
  const { data = [] } = useQuery({
    queryKey: ['pictures', channelId],
    queryFn: () => fetchPictures(channelId),
    // Others may have been sent since the last time.
    staleTime: 0,
  });
  const all = data.flatMap((message): readonly LightboxImage[] => {
    const author = members.get(message.author_id ?? '')?.name ?? DELETED_USER;
    const from = `${author}, ${formatFull(message.created_at)}`;
    return describeImages(readImages(message.images), author).map((image) => ({ ...image, from }));
  });
  // A picture that is being sent is not among them.
  const isKnown = all.some(({ path }) => path === start);
  return <Lightbox images={isKnown ? all : images} start={start} onClose={onClose} />;
}
