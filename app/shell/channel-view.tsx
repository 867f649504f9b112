import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useUser } from '../auth/session.ts';
import composerStyles from '../messages/composer.module.css';
import { Composer } from '../messages/composer.tsx';
import { ConversationContext, type ConversationScreen } from '../messages/conversation-context.ts';
import { MessageList } from '../messages/message-list.tsx';
import type { Message } from '../messages/message.ts';
import { buildRows } from '../messages/rows.ts';
import { useConversation } from '../messages/use-conversation.ts';
import { useOutgoing } from '../messages/use-queued.ts';
import type { Channel } from '../model/channel-queries.ts';
import type { Family } from '../model/family-queries.ts';
import { rememberVisit } from '../model/last-visited.ts';
import type { Member } from '../model/member.ts';
import { Empty, Failure, Loading } from '../shared/state.tsx';
import { showErrorToast } from '../shared/toast.ts';
import { useTitle } from '../shared/use-title.ts';
import { ChannelHeader } from './channel-header.tsx';
import styles from './channel-view.module.css';
import { useFamilyLive } from './family-live.ts';
import { TypingLine } from './typing-line.tsx';
import { useLinkedMessage } from './use-linked-message.ts';
import { useLostChanges } from './use-lost-changes.ts';
import { useReadMark } from './use-read-mark.ts';

interface ChannelViewProps {
  family: Family;
  channel: Channel;
  members: readonly Member[];
  /** Unread messages in all channels. */
  unread: number;
  onOpenMenu: () => void;
  onOpenSearch: () => void;
}

/** One channel: header, conversation, typing line and composer. Remounted for each channel. */
export function ChannelView({
  family,
  channel,
  members,
  unread,
  onOpenMenu,
  onOpenSearch,
}: ChannelViewProps): ReactNode {
  const userId = useUser().id;
  const { watch, signalTyping, endTyping } = useFamilyLive();
  const [conversation, snapshot] = useConversation(channel.id);
  const outgoing = useOutgoing(channel.id);
  const [replyingTo, setReplyingTo] = useState<Message | undefined>(undefined);
  const [editingId, setEditingId] = useState<string | undefined>(undefined);
  const [isAtEnd, setIsAtEnd] = useState(false);
  const openedAt = useReadMark(family.id, channel.id, snapshot.messages.at(-1)?.position, isAtEnd);
  useLostChanges(family.id, conversation);
  const canWrite = channel.archived_at === null;
  useTitle(`#${channel.name}`, family.name);

  useEffect(() => {
    rememberVisit(family.id, channel.id);
    watch(channel.id);
  }, [family.id, channel.id, watch]);

  const jumpTo = useCallback(
    (message: Pick<Message, 'id' | 'position'>) => {
      conversation.jumpTo(message).catch(showErrorToast);
    },
    [conversation],
  );
  // A channel opens at its newest messages, also after a visit to its past.
  useEffect(() => () => conversation.showLatest(), [conversation]);
  useLinkedMessage(snapshot.status === 'ready', channel.id, jumpTo);

  const screen = useMemo<ConversationScreen>(
    () => ({
      conversation,
      userId,
      members: new Map(members.map((member) => [member.id, member])),
      canWrite,
      reply: setReplyingTo,
      jumpTo,
    }),
    [conversation, userId, members, canWrite, jumpTo],
  );
  const rows = useMemo(
    () => buildRows(snapshot.messages, snapshot.hasNewer ? [] : outgoing, userId, openedAt),
    [snapshot.messages, snapshot.hasNewer, outgoing, userId, openedAt],
  );
  const editLast = (): void => {
    const last = snapshot.messages.findLast((m) => m.author_id === userId && m.deleted_at === null);
    if (last) setEditingId(last.id);
  };

  return (
    <ConversationContext value={screen}>
      <main className={styles.view}>
        <ChannelHeader
          family={family}
          channel={channel}
          members={members}
          unread={unread}
          onOpenMenu={onOpenMenu}
          onOpenSearch={onOpenSearch}
        />
        {snapshot.status === 'loading' || openedAt === undefined ? (
          <Loading label="Loading messages" />
        ) : snapshot.status === 'failed' ? (
          <Failure error={snapshot.error} onRetry={() => void conversation.catchUp()} />
        ) : rows.length === 0 ? (
          <Empty title={`This is #${channel.name}`}>No messages yet. Say hello!</Empty>
        ) : (
          <MessageList
            key={snapshot.view}
            rows={rows}
            snapshot={snapshot}
            channelName={channel.name}
            editingId={editingId}
            onEditingChange={setEditingId}
            onAtEndChange={setIsAtEnd}
          />
        )}
        <TypingLine channelId={channel.id} members={members} />
        {canWrite ? (
          <Composer
            channelId={channel.id}
            channelName={channel.name}
            replyingTo={replyingTo}
            onReplyEnd={() => setReplyingTo(undefined)}
            onEditLast={editLast}
            onTyping={() => signalTyping(channel.id)}
            onSent={() => {
              // The message ends the signal when it arrives; the next key press starts a new one.
              endTyping();
              conversation.showLatest();
            }}
          />
        ) : (
          <p className={composerStyles.closed}>This channel is archived. You can read it but not post.</p>
        )}
      </main>
    </ConversationContext>
  );
}
