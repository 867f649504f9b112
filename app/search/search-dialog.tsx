import { useQuery } from '@tanstack/react-query';
import {
  type KeyboardEvent,
  type ReactNode,
  useDeferredValue,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useLocation } from 'wouter';
import type { Channel } from '../model/channel-queries.ts';
import type { Family } from '../model/family-queries.ts';
import type { Member } from '../model/member.ts';
import { channelPath } from '../model/paths.ts';
import { IconButton } from '../shared/button.tsx';
import { Icon } from '../shared/icon.tsx';
import { Modal } from '../shared/modal.tsx';
import { Failure } from '../shared/state.tsx';
import { isSearchable, parseSearch } from './parse-search.ts';
import { ChannelResult, MessageResult } from './results.tsx';
import styles from './search-dialog.module.css';
import { MAX_RESULTS, searchQuery } from './search-requests.ts';

interface SearchDialogProps {
  family: Family;
  channels: readonly Channel[];
  members: readonly Member[];
  /** Text to begin with, such as "in:#recipes ". */
  initialText: string;
  onClose: () => void;
}

const FILTERS = ['from:', 'in:', 'has:image', 'has:file', 'before:'] as const;

/** Goes to a channel, or to a message found by its words. The arrow keys choose, Enter opens. */
export function SearchDialog({
  family,
  channels,
  members,
  initialText,
  onClose,
}: SearchDialogProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [, navigate] = useLocation();
  const [text, setText] = useState(initialText);
  const [selected, setSelected] = useState(0);
  const deferred = useDeferredValue(text);
  const search = useMemo(() => parseSearch(deferred, members, channels), [deferred, members, channels]);
  const { data, isError, error, isFetching } = useQuery(searchQuery(family.id, search));

  const matches = channels.filter((channel) => isMatch(channel, text));
  const messages = isSearchable(search) ? (data ?? []) : [];
  const paths = [
    ...matches.map((channel) => channelPath(family.id, channel.id)),
    ...messages.map((message) => channelPath(family.id, message.channel_id, message.id)),
  ];
  const active = Math.min(selected, paths.length - 1);

  const open = (path: string): void => {
    onClose();
    navigate(path);
  };
  const addFilter = (filter: string): void => {
    setText(`${text.trimEnd()} ${filter}`.trimStart());
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const path = paths[active];
    if (step !== undefined && paths.length > 0) {
      event.preventDefault();
      const next = (active + step + paths.length) % paths.length;
      setSelected(next);
      document.querySelector(`[id="${listId}-${next}"]`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && path !== undefined) {
      event.preventDefault();
      open(path);
    }
  };
  const optionProps = (index: number): { id: string; isActive: boolean; onOpen: () => void } => ({
    id: `${listId}-${index}`,
    isActive: index === active,
    onOpen: () => open(paths[index] ?? ''),
  });

  return (
    <Modal className={styles.dialog} aria-label={`Search in ${family.name}`} onClose={onClose}>
      <div className={styles.content}>
        <div className={styles.bar}>
          <Icon name="search" />
          <input
            ref={input}
            className={styles.input}
            role="combobox"
            aria-label="Search messages"
            aria-expanded={paths.length > 0}
            aria-controls={listId}
            aria-activedescendant={active < 0 ? undefined : `${listId}-${active}`}
            placeholder="Search messages and channels"
            enterKeyHint="search"
            autoComplete="off"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setSelected(0);
            }}
            onKeyDown={onKeyDown}
          />
          <IconButton icon="close" label="Close" onClick={onClose} />
        </div>
        <div className={styles.filters}>
          {FILTERS.map((filter) => (
            <button key={filter} type="button" className={styles.filter} onClick={() => addFilter(filter)}>
              {filter}
            </button>
          ))}
          {isError ? null : (
            <output className={styles.status}>
              {isSearchable(search) && describeResults(messages.length, isFetching)}
            </output>
          )}
        </div>
        {isError && <Failure error={error} />}
        {/* A native <select> cannot show results like these. */}
        {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
        <div className={styles.results} id={listId} role="listbox" aria-label="Results">
          {matches.map((channel, index) => (
            <ChannelResult key={channel.id} channel={channel} {...optionProps(index)} />
          ))}
          {messages.map((message, index) => (
            <MessageResult
              key={message.id}
              message={message}
              channelName={channels.find((other) => other.id === message.channel_id)?.name ?? ''}
              author={members.find((member) => member.id === message.author_id)}
              words={search.words}
              {...optionProps(matches.length + index)}
            />
          ))}
        </div>
      </div>
    </Modal>
  );
}

/** Whether a channel is offered: all while nothing is typed, then those whose name contains the text. */
function isMatch(channel: Channel, text: string): boolean {
  const wanted = text.trim().replace(/^#/, '').toLocaleLowerCase();
  return wanted === '' ? channel.archived_at === null : channel.name.toLocaleLowerCase().includes(wanted);
}

function describeResults(count: number, isFetching: boolean): string {
  if (count === 0) return isFetching ? 'Searching…' : 'No messages found.';
  if (count >= MAX_RESULTS) return `The newest ${MAX_RESULTS} messages`;
  return count === 1 ? 'One message' : `${count} messages`;
}
