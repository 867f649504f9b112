import type { ReactNode } from 'react';
import { Avatar } from '../images/avatar.tsx';
import { DELETED_USER } from '../messages/conversation-context.ts';
import { plainText } from '../messages/markdown.ts';
import { type Message, readFiles, readImages } from '../messages/message.ts';
import type { Channel } from '../model/channel-queries.ts';
import type { Member } from '../model/member.ts';
import { formatFull, formatShort } from '../shared/format-time.ts';
import { Icon } from '../shared/icon.tsx';
import { Highlight } from './highlight.tsx';
import styles from './search-dialog.module.css';

interface OptionProps {
  id: string;
  /** The one that Enter opens. */
  isActive: boolean;
  onOpen: () => void;
}

/** The focus stays in the text field, which refers to an option with aria-activedescendant. */
function Option({ id, isActive, onOpen, children }: OptionProps & { children: ReactNode }): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      className={styles.result}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
      role="option"
      aria-selected={isActive}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onOpen}
    >
      {children}
    </div>
  );
}

export function ChannelResult({ channel, ...option }: OptionProps & { channel: Channel }): ReactNode {
  return (
    <Option {...option}>
      <Icon name={channel.archived_at === null ? 'hash' : 'archive'} size={18} />
      <span className={styles.channelName}>{channel.name}</span>
    </Option>
  );
}

interface MessageResultProps extends OptionProps {
  message: Message;
  channelName: string;
  author: Member | undefined;
  words: string;
}

export function MessageResult(props: MessageResultProps): ReactNode {
  const { message, channelName, author, words, ...option } = props;
  return (
    <Option {...option}>
      <Avatar
        name={author?.name ?? DELETED_USER}
        color={author?.color}
        picture={author?.avatarPath}
        size={28}
      />
      <span className={styles.found}>
        <span className={styles.meta}>
          <strong>{author?.name ?? DELETED_USER}</strong> in #{channelName}
          <time dateTime={message.created_at} title={formatFull(message.created_at)}>
            {formatShort(message.created_at)}
          </time>
        </span>
        <span className={styles.body}>
          <Highlight text={plainText(message.body)} words={words} />
        </span>
        {readImages(message.images).map(({ path, alt }) => (
          <span key={path} className={styles.picture}>
            <Icon name="image" size={16} />
            <span>
              <Highlight text={alt ?? 'Picture'} words={words} />
            </span>
          </span>
        ))}
        {readFiles(message.files).map(({ path, name }) => (
          <span key={path} className={styles.picture}>
            <Icon name="file" size={16} />
            <span>
              <Highlight text={name} words={words} />
            </span>
          </span>
        ))}
      </span>
    </Option>
  );
}
