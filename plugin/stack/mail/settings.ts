import type { SupabaseConfig } from '../config/config.ts';

export interface MailSettings {
  /** Sender of every mail. */
  readonly from: { readonly name: string; readonly address: string };
  /** A real SMTP server that also receives every mail; undefined keeps them on this machine. */
  readonly smtp:
    | { readonly host: string; readonly port: number; readonly user: string; readonly pass: string }
    | undefined;
}

/** Reads `[auth.email.smtp]`; the default sender is the Supabase CLI's. */
export function readMailSettings(config: SupabaseConfig): MailSettings {
  const section = config.section('auth').section('email').section('smtp');
  // As in the CLI, a table without `enabled` is enabled.
  const enabled = section.boolean('enabled', section.has('host'));
  const settings = {
    from: {
      name: section.string('sender_name', 'Admin'),
      address: section.string('admin_email', 'admin@email.com'),
    },
    smtp: {
      host: section.string('host', ''),
      port: section.integer('port', 587),
      user: section.string('user', ''),
      pass: section.string('pass', ''),
    },
  };
  return { from: settings.from, smtp: enabled && settings.smtp.host !== '' ? settings.smtp : undefined };
}
