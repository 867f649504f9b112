import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import { fetchMessage } from '../messages/message-requests.ts';
import type { Message } from '../messages/message.ts';
import { showErrorToast, showToast } from '../shared/toast.ts';

/** Follows a deep link `?message=<id>` once the conversation is loaded. */
export function useLinkedMessage(
  isReady: boolean,
  channelId: string,
  jumpTo: (message: Pick<Message, 'id' | 'position'>) => void,
): void {
  const [searchParams] = useSearchParams();
  const messageId = searchParams.get('message');
  useEffect(() => {
    if (!isReady || messageId === null) return;
    fetchMessage(messageId).then((message) => {
      if (message?.channel_id === channelId) jumpTo(message);
      else showToast('This message is no longer available.');
    }, showErrorToast);
  }, [isReady, messageId, channelId, jumpTo]);
}
