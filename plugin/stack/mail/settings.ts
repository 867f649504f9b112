import { readVariable } from '../../shared/environment.ts';
import type { SupabaseConfig } from '../config/config.ts';

export interface MailSettings {
  /** Sender of every mail. */
  readonly from: { readonly name: string; readonly address: string };
  /** The SMTP server that `[auth.email.smtp]` enables. */
  readonly smtp: SmtpServer | undefined;
  /** Whether mails go there, too; otherwise they stay on this machine. */
  readonly isDelivering: boolean;
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly pass: string;
}

/**
 * Reads `[auth.email.smtp]`; the default sender is the Supabase CLI's.
 *
 * config.toml is often the one of the deployed project (`supabase config push`), and a development server must not mail
 * real people by accident: another machine's server gets mails only with SUPABASE_SEND_MAIL=true as well.
 */
export function readMailSettings(config: SupabaseConfig): MailSettings {
  const section = config.section('auth').section('email').section('smtp');
  // As in the CLI, a table without `enabled` is enabled.
  const isEnabled = section.boolean('enabled', section.has('host'));
  const from = {
    name: section.string('sender_name', 'Admin'),
    address: section.string('admin_email', 'admin@email.com'),
  };
  const server = {
    host: section.string('host', ''),
    port: section.integer('port', 587),
    user: section.string('user', ''),
    pass: section.string('pass', ''),
  };
  const smtp = isEnabled && server.host !== '' ? server : undefined;
  const isAsked = /^(?:true|1)$/i.test(readVariable('sendMail', config.env)?.value ?? '');
  return { from, smtp, isDelivering: smtp !== undefined && (isAsked || isThisMachine(smtp.host)) };
}

function isThisMachine(host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(host);
}
