import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { Link } from 'wouter';
import { DELETED_USER } from '../messages/conversation-context.ts';
import { type Message, readImages } from '../messages/message.ts';
import type { Channel } from '../model/channel-queries.ts';
import type { Family } from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { channelPath } from '../model/paths.ts';
import { supabase } from '../model/supabase.ts';
import { Dialog } from '../shared/dialog.tsx';
import { Field } from '../shared/field.tsx';
import { formatFull } from '../shared/format-time.ts';
import { Icon } from '../shared/icon.tsx';
import { Failure } from '../shared/state.tsx';
import styles from './search-dialog.module.css';

interface SearchDialogProps {
  family: Family;
  channels: readonly Channel[];
  members: readonly Member[];
  onClose: () => void;
}

async function searchMessages(familyId: string, query: string, signal: AbortSignal): Promise<Message[]> {
  const { data } = await supabase
    .rpc('search_messages', { family_id: familyId, query })
    .abortSignal(signal)
    .throwOnError();
  return data;
}

/** Full-text search in all channels of a family; each word also matches longer words that begin with it. */
export default function SearchDialog({ family, channels, members, onClose }: SearchDialogProps): ReactNode {
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text.trim());
  const { data, isError, error, isFetching } = useQuery({
    queryKey: ['search', family.id, wanted],
    queryFn: ({ signal }) => searchMessages(family.id, wanted, signal),
    enabled: wanted.length >= 2,
    placeholderData: keepPreviousData,
  });
  const results = wanted.length < 2 ? [] : (data ?? []);
  return (
    <Dialog title={`Search in ${family.name}`} onClose={onClose}>
      <Field
        label="Search messages"
        enterKeyHint="search"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {isError ? (
        <Failure error={error} />
      ) : (
        <output className={styles.status}>{describeResults(wanted, results.length, isFetching)}</output>
      )}
      <ul className={styles.results}>
        {results.map((message) => {
          const channel = channels.find((other) => other.id === message.channel_id);
          const author = members.find((member) => member.id === message.author_id);
          return (
            <li key={message.id}>
              <Link
                href={channelPath(family.id, message.channel_id, message.id)}
                className={styles.result ?? ''}
                onClick={onClose}
              >
                <span className={styles.meta}>
                  {author?.name ?? DELETED_USER} in #{channel?.name} · {formatFull(message.created_at)}
                </span>
                <span className={styles.body}>{message.body}</span>
                {readImages(message.images).map(({ path, alt }) => (
                  <span key={path} className={styles.picture}>
                    <Icon name="image" size={16} /> {alt ?? 'Picture'}
                  </span>
                ))}
              </Link>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}

function describeResults(wanted: string, count: number, isFetching: boolean): string {
  if (wanted.length < 2) return 'Type at least two letters.';
  if (count === 0) return isFetching ? 'Searching…' : 'No messages found.';
  if (count >= 30) return 'The newest 30 messages:';
  return count === 1 ? 'One message:' : `${count} messages:`;
}
