import { useMutation } from '@tanstack/react-query';
import { showErrorToast } from '../shared/toast.ts';
import { useConversationScreen } from './conversation-context.ts';
import { addReaction, removeReaction } from './message-requests.ts';
import { type Message, readReactions } from './message.ts';

/** Adds or removes the user's reaction to a message. */
export function useToggleReaction(message: Message): (emoji: string) => void {
  const { conversation, userId } = useConversationScreen();
  const { mutate } = useMutation({
    mutationFn: async (emoji: string) => {
      const people = readReactions(message.reactions).find(([other]) => other === emoji)?.[1] ?? [];
      const target = { messageId: message.id, emoji };
      await (people.includes(userId) ? removeReaction({ ...target, userId }) : addReaction(target));
      await conversation.catchUp();
    },
    onError: showErrorToast,
  });
  return mutate;
}
