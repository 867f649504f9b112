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
    From: [`"${mail.from.name}" <${mail.from.address}>`],
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
  const headers = Object.entries(mailHeaders(mail)).map(([name, values]) => `${name}: ${values.join(', ')}`);
  return `${headers.join('\r\n')}\r\n\r\n${mail.html.replaceAll(/\r?\n/g, '\r\n')}`;
}

function sender(mail: Mail): { Name: string; Address: string } {
  return { Name: mail.from.name, Address: mail.from.address };
}

function recipients(mail: Mail): { Name: string; Address: string }[] {
  return [{ Name: '', Address: mail.to }];
}
