import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorMessage } from '../../../shared/errors.ts';
import type { Section } from '../../config/section.ts';

/** The entry of one mail in config.toml; undefined parts have their default. */
export interface MailTemplateSource {
  readonly subject: string | undefined;
  readonly html: string | undefined;
  /** The setting that each part comes from, or the file, as config.toml names it. */
  readonly from: { readonly subject: string; readonly html: string };
}

/**
 * Reads `[auth.email.template.*]` and `[auth.email.notification.*]` with the files they name.
 *
 * @throws SupabaseDevError CONFIG_INVALID when a file cannot be read
 */
export async function readMailTemplates(
  email: Section,
  supabaseDir: string,
): Promise<{ templates: ReadonlyMap<string, MailTemplateSource>; notifications: ReadonlySet<string> }> {
  const templates = new Map<string, MailTemplateSource>();
  const notifications = new Set<string>();
  for (const [name, section] of email.section('template').sections()) {
    templates.set(name, await readTemplate(section, supabaseDir, `auth.email.template.${name}`));
  }
  for (const [name, section] of email.section('notification').sections()) {
    const source = await readTemplate(section, supabaseDir, `auth.email.notification.${name}`);
    templates.set(`${name}_notification`, source);
    if (section.boolean('enabled', false)) notifications.add(name);
  }
  return { templates, notifications };
}

async function readTemplate(
  section: Section,
  supabaseDir: string,
  path: string,
): Promise<MailTemplateSource> {
  const subject = section.string('subject');
  const inline = section.string('content');
  const file = section.string('content_path');
  const from = { subject: `${path}.subject`, html: file ?? `${path}.content` };
  if (!file) return { subject, html: inline, from };
  // The CLI resolves the path from the project's folder, but its config template also shows paths from supabase/.
  const candidates = [resolve(dirname(supabaseDir), file), resolve(supabaseDir, file)];
  const [first, second] = await Promise.allSettled(
    candidates.map((candidate) => readFile(candidate, 'utf8')),
  );
  if (first?.status === 'fulfilled') return { subject, html: first.value, from };
  if (second?.status === 'fulfilled') return { subject, html: second.value, from };
  const { reason } = first as PromiseRejectedResult;
  throw section.invalid('content_path', `cannot be read: ${errorMessage(reason)}`, { cause: reason });
}
