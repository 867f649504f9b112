import { channelPath } from '../model/paths.ts';
import type { IconName } from '../shared/icon.tsx';
import { showErrorToast, showToast } from '../shared/toast.ts';
import { useConversationScreen } from './conversation-context.ts';
import type { Message } from './message.ts';

/** Something that the user may do with a message. */
export interface MessageAction {
  readonly icon: IconName;
  readonly label: string;
  readonly isDangerous?: boolean;
  readonly run: () => void;
}

/** What the user may do with a message, in the order of the toolbar. */
export function useMessageActions(
  message: Message,
  { onEdit, onDelete }: { onEdit: () => void; onDelete: () => void },
): readonly MessageAction[] {
  const { userId, canWrite, reply } = useConversationScreen();
  const copy = (text: string, done: string) => () => void copyText(text, done);
  const link = new URL(
    channelPath(message.family_id, message.channel_id, message.id),
    window.location.origin,
  );
  const isOwn = message.author_id === userId;
  return [
    ...(canWrite ? [{ icon: 'reply', label: 'Reply', run: () => reply(message) } as const] : []),
    ...(message.body === ''
      ? []
      : [{ icon: 'copy', label: 'Copy text', run: copy(message.body, 'Copied.') } as const]),
    { icon: 'link', label: 'Copy link', run: copy(link.href, 'Link copied. Only your family can open it.') },
    ...(canWrite && isOwn
      ? ([
          { icon: 'edit', label: 'Edit', run: onEdit },
          { icon: 'trash', label: 'Delete', isDangerous: true, run: onDelete },
        ] as const)
      : []),
  ];
}

async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast(done);
  } catch (error) {
    showErrorToast(error);
  }
}
