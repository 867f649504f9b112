import type { Mail } from './inbox.ts';

type Test = (mail: Mail) => boolean;

/**
 * Parses the part of Mailpit's search language that applies to these mails: words and "quoted phrases" that must all
 * occur, `to:`, `from:`, `subject:`, `message-id:`, `is:read`, `is:unread`, and `!` or `-` to exclude a term.
 */
export function parseSearch(query: string): Test {
  const terms = [...query.matchAll(/([!-]?)(?:([a-z-]+):)?(?:"([^"]*)"|(\S+))/gi)].map(
    ([, negation, field, quoted, word]) =>
      parseTerm(field?.toLowerCase(), (quoted ?? word ?? '').toLowerCase(), negation !== ''),
  );
  return (mail) => terms.every((term) => term(mail));
}

function parseTerm(field: string | undefined, text: string, negated: boolean): Test {
  const test = fieldTest(field, text);
  return negated ? (mail) => !test(mail) : test;
}

function fieldTest(field: string | undefined, text: string): Test {
  const has = (value: string): boolean => value.toLowerCase().includes(text);
  switch (field) {
    case 'to':
    case 'addressed':
      return (mail) => has(mail.to);
    case 'from':
      return (mail) => has(`${mail.from.name} ${mail.from.address}`);
    case 'subject':
      return (mail) => has(mail.subject);
    case 'message-id':
      return (mail) => has(mail.messageId);
    case 'is':
      return (mail) => (text === 'read' ? mail.read : text === 'unread' ? !mail.read : false);
    case undefined:
      return (mail) => has(`${mail.to} ${mail.from.address} ${mail.subject} ${mail.text}`);
    default:
      return (mail) => `${mail.subject} ${mail.text}`.toLowerCase().includes(`${field}:${text}`);
  }
}
