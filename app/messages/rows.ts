import { type Message, type MessageFile, type MessageImage, readFiles, readImages } from './message.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** A row of the conversation. Separators belong to the row below them, so that every key is a message id. */
export interface Row {
  readonly key: string;
  readonly message: Message | undefined;
  readonly outgoing: OutgoingMessage | undefined;
  readonly authorId: string | null;
  readonly createdAt: string;
  /** First of its day: show the date above. */
  readonly startsDay: boolean;
  /** First of a group by the same person: show the name. */
  readonly startsGroup: boolean;
  /** First unread message: show "New messages" above. */
  readonly isFirstUnread: boolean;
}

/** The pictures of a row, stored or unsent. */
export function rowImages({ message, outgoing }: Pick<Row, 'message' | 'outgoing'>): readonly MessageImage[] {
  return message ? readImages(message.images) : (outgoing?.images ?? []);
}

/** The files of a row, stored or unsent. */
export function rowFiles({ message, outgoing }: Pick<Row, 'message' | 'outgoing'>): readonly MessageFile[] {
  return message ? readFiles(message.files) : (outgoing?.files ?? []);
}

/** A pause this long starts a new group. */
const GROUP_MS = 5 * 60_000;

/**
 * Builds the rows: stored messages, then unsent ones.
 *
 * @param readPosition position of the last message read when the channel was opened
 */
export function buildRows(
  messages: readonly Message[],
  outgoing: readonly OutgoingMessage[],
  userId: string,
  readPosition: number | undefined,
): Row[] {
  const firstUnread = findFirstUnread(messages, outgoing, userId, readPosition);
  const stored = new Set(messages.map((message) => message.id));
  const lines = [
    ...messages.map((message) => ({
      key: message.id,
      message,
      outgoing: undefined,
      authorId: message.author_id,
      createdAt: message.created_at,
      replyTo: message.reply_to,
    })),
    ...outgoing
      .filter((item) => !stored.has(item.id))
      .map((item) => ({
        key: item.id,
        message: undefined,
        outgoing: item,
        authorId: userId,
        createdAt: item.createdAt,
        replyTo: item.replyTo,
      })),
  ];
  let day = { start: 0, end: 0 };
  return lines.map(({ replyTo, ...line }, index) => {
    const before = lines[index - 1];
    const time = Date.parse(line.createdAt);
    const startsDay = before === undefined || time < day.start || time >= day.end;
    if (startsDay) day = dayOf(time);
    const isFirstUnread = line.message !== undefined && line.message === firstUnread;
    const startsGroup =
      startsDay ||
      isFirstUnread ||
      replyTo !== null ||
      before.authorId !== line.authorId ||
      time - Date.parse(before.createdAt) > GROUP_MS;
    return { ...line, startsDay, startsGroup, isFirstUnread };
  });
}

/** Who has answered has read what came before, so their own message ends the unread ones. */
function findFirstUnread(
  messages: readonly Message[],
  outgoing: readonly OutgoingMessage[],
  userId: string,
  readPosition: number | undefined,
): Message | undefined {
  if (readPosition === undefined || outgoing.length > 0) return undefined;
  const answered = messages.findLast((message) => message.author_id === userId)?.position ?? 0;
  const read = Math.max(readPosition, answered);
  return messages.find((message) => message.position > read);
}

/** Start and end of a local day; computed once per day of the conversation, not once per message. */
function dayOf(time: number): { start: number; end: number } {
  const date = new Date(time);
  const midnight = (days: number): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
  return { start: midnight(0), end: midnight(1) };
}
