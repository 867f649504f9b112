import type { Mail } from './inbox.ts';

const SNIPPET_LENGTH = 250;

/** A mail in Mailpit's list: `GET /api/v1/messages`. */
export function summarizeMail(mail: Mail): Record<string, unknown> {
  return {
    ID: mail.id,
    MessageID: mail.messageId,
    Read: mail.read,
    From: sender(mail),
    To: recipients(mail),
    Cc: [],
    Bcc: [],
    ReplyTo: [],
    Subject: mail.subject,
    Created: mail.created.toISOString(),
    Username: '',
    Tags: [],
    Size: mail.size,
    Attachments: 0,
    Snippet: mail.text.replaceAll(/\s+/g, ' ').slice(0, SNIPPET_LENGTH),
  };
}

/** A whole mail in Mailpit's form: `GET /api/v1/message/{id}`. */
export function describeMail(mail: Mail): Record<string, unknown> {
  return {
    ID: mail.id,
    MessageID: mail.messageId,
    From: sender(mail),
    To: recipients(mail),
    Cc: [],
    Bcc: [],
    ReplyTo: [],
    ReturnPath: mail.from.address,
    Subject: mail.subject,
    ListUnsubscribe: { Header: '', Links: [], Errors: '', HeaderPost: '' },
    Date: mail.created.toISOString(),
    Tags: [],
    Username: '',
    Text: mail.text,
    HTML: mail.html,
    Size: mail.size,
    Inline: [],
    Attachments: [],
  };
}

/** The mail's header fields. */
export function mailHeaders(mail: Mail): Record<string, string[]> {
  return {
    Date: [mail.created.toUTCString().replace('GMT', '+0000')],
    From: [`"${mail.from.name.replaceAll(/["\\]/g, String.raw`\$&`)}" <${mail.from.address}>`],
    'Message-Id': [`<${mail.messageId}>`],
    'Mime-Version': ['1.0'],
    Subject: [mail.subject],
    To: [mail.to],
    'Content-Type': ['text/html; charset=UTF-8'],
    'Content-Transfer-Encoding': ['8bit'],
  };
}

/** The mail as an RFC 5322 message. */
export function rawMail(mail: Mail): string {
  const headers = Object.entries(mailHeaders(mail)).map(
    ([name, values]) => `${name}: ${encodeWords(values.join(', '))}`,
  );
  return `${headers.join('\r\n')}\r\n\r\n${mail.html.replaceAll(/\r?\n/g, '\r\n')}`;
}

// RFC 2047 allows 75 characters a word; base64 makes four of three bytes, and a character has four bytes at most.
const WORD_CHARACTERS = 11;

/** Text for a header line: what is not printable ASCII becomes encoded words (RFC 2047). */
function encodeWords(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text)) return text;
  const characters = Array.from(text);
  const words: string[] = [];
  for (let start = 0; start < characters.length; start += WORD_CHARACTERS) {
    const part = characters.slice(start, start + WORD_CHARACTERS).join('');
    words.push(`=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`);
  }
  return words.join('\r\n ');
}

function sender(mail: Mail): { Name: string; Address: string } {
  return { Name: mail.from.name, Address: mail.from.address };
}

function recipients(mail: Mail): { Name: string; Address: string }[] {
  return [{ Name: '', Address: mail.to }];
}
