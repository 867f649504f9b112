import type { Push } from './push.ts';

/** What the service worker shows (app/offline/worker/show-push.ts). */
export interface PushNotification {
  readonly title: string;
  readonly body: string;
  /** A newer notification with the same tag takes the place of an older one. */
  readonly tag: string;
  /** Path of the message. */
  readonly url: string;
}

/** A push service takes 4 KiB, encrypted. */
const MAX_CHARACTERS = 300;

export function describe(push: Omit<Push, 'subscriptions'>): PushNotification {
  return {
    title: `${push.author} in #${push.channel}`,
    body: cut(summarize(push)),
    tag: push.channel_id,
    url: `/family/${push.family_id}/channel/${push.channel_id}?message=${push.id}`,
  };
}

/** As notifications of an open page have it (app/messages/message.ts). */
function summarize({ body, images, files }: Pick<Push, 'body' | 'images' | 'files'>): string {
  if (body !== '') return withoutMarks(body);
  const [image] = images;
  const [file] = files;
  if (images.length + files.length > 1)
    return files.length === 0 ? `${images.length} pictures` : `${images.length + files.length} files`;
  if (file) return `File: ${file.name}`;
  return image?.alt ? `Picture: ${image.alt}` : 'Picture';
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MAX_CHARACTERS ? text : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}

/** The text of a message without the usual marks of Markdown, in one line: enough for a notification. */
function withoutMarks(body: string): string {
  return body
    .replace(/^```.*$/gm, '')
    .replace(/^ {0,3}(?:(?:>|#{1,6}) +)+/gm, '')
    .replace(/^ *(?:[-*+]|\d{1,9}[.)]) +/gm, '• ')
    .replace(/!?\[([^[\]]*)\]\((?:https?:|mailto:)[^\s()]*\)/g, '$1')
    .replace(/(\*\*|~~|`)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\w*])([*_])(?=[^\s*_])(.+?)(?<=\S)\1(?![\w*])/g, '$2')
    .replace(/\s+/g, ' ')
    .trim();
}
