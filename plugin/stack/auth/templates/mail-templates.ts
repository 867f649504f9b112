import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import { TemplateError } from '../go-template/errors.ts';
import { htmlTemplate, type HtmlTemplate } from '../go-template/template.ts';
import type { GoMap } from '../go-template/values.ts';
import type { MailTemplateSource } from '../settings/mails.ts';
import { DEFAULT_MAILS, type MailName } from './default-mails.ts';

// GoTrue v2.196 internal/mailer/templatemailer/template.go

interface Part {
  readonly template: HtmlTemplate;
  /** The file or setting that the template comes from. */
  readonly from: string;
}

interface Mail {
  readonly subject: Part;
  readonly html: Part;
}

/**
 * Renders the mails. A template that cannot be read is reported with its file and line, and the mail has its default
 * subject and text. One whose values stand where they cannot be escaped is reported too; its mail cannot be sent.
 */
export class MailTemplates {
  readonly #mails = new Map<string, Mail>();

  constructor(sources: ReadonlyMap<string, MailTemplateSource>, logger: Logger) {
    for (const [name, standard] of Object.entries(DEFAULT_MAILS)) {
      this.#mails.set(name, readMail(sources.get(name), logger, standard) ?? readDefault(standard, name));
    }
  }

  /** @throws Error naming file and line for a template that does not fit the data */
  render(name: MailName, data: GoMap): { subject: string; html: string } {
    const mail = this.#mails.get(name);
    if (!mail) throw new Error(`no mail template ${name}`);
    // A line break ends a header line: a value in the subject must not begin another header.
    const subject = fill(mail.subject, data).replaceAll(/\s*[\r\n]+\s*/g, ' ');
    return { subject, html: fill(mail.html, data) };
  }
}

interface Content {
  readonly subject: string;
  readonly html: string;
}

/** Reads both parts, or reports why one cannot be read: then both are the default ones. */
function readMail(
  source: MailTemplateSource | undefined,
  logger: Logger,
  standard: Content,
): Mail | undefined {
  if (!source) return undefined;
  const parts: Part[] = [];
  for (const name of ['subject', 'html'] as const) {
    const from = source.from[name];
    try {
      parts.push({ template: htmlTemplate(source[name] || standard[name]), from });
    } catch (error) {
      logger.error(`auth: ${explain(error, from)}; this mail has its default subject and text`);
      return undefined;
    }
  }
  const [subject, html] = parts;
  for (const { template, from } of parts) {
    try {
      template.escape();
    } catch (error) {
      logger.error(`auth: ${explain(error, from)}; this mail cannot be sent`);
    }
  }
  return subject && html && { subject, html };
}

function readDefault({ subject, html }: Content, from: string): Mail {
  return { subject: { template: htmlTemplate(subject), from }, html: { template: htmlTemplate(html), from } };
}

function fill({ template, from }: Part, data: GoMap): string {
  try {
    return template.render(data);
  } catch (error) {
    throw new Error(explain(error, from), { cause: error });
  }
}

function explain(error: unknown, from: string): string {
  return error instanceof TemplateError
    ? `${from}:${error.line}: ${error.message}`
    : `${from}: ${errorMessage(error)}`;
}
