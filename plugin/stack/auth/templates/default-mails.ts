export type MailName =
  | 'confirmation'
  | 'invite'
  | 'recovery'
  | 'magic_link'
  | 'email_change'
  | 'reauthentication'
  | `${Notification}_notification`;

/** Mails that inform of a change. */
export type Notification =
  | 'password_changed'
  | 'email_changed'
  | 'phone_changed'
  | 'identity_linked'
  | 'identity_unlinked'
  | 'mfa_factor_enrolled'
  | 'mfa_factor_unenrolled';

const link = (label: string): string =>
  `<p><a href="{{ .ConfirmationURL }}">${label}</a></p>\n<p>Or enter the code: {{ .Token }}</p>`;
const unasked = `<p>If you did not ask for this, you can ignore this mail.</p>`;
const notYou = `<p>If this was not you, contact support at once.</p>`;

/** The mails where config.toml has none. */
export const DEFAULT_MAILS: Readonly<Record<MailName, { readonly subject: string; readonly html: string }>> =
  {
    confirmation: {
      subject: 'Confirm your email address',
      html: `<h2>Confirm your email address</h2>\n\n<p>One step is left to finish your sign-up.</p>\n${link('Confirm email address')}`,
    },
    invite: {
      subject: "You've been invited",
      html: `<h2>You've been invited</h2>\n\n<p>Somebody invited you to create an account.</p>\n${link('Accept invitation')}`,
    },
    recovery: {
      subject: 'Reset your password',
      html: `<h2>Reset your password</h2>\n\n<p>Choose a new password for your account.</p>\n${link('Reset password')}\n${unasked}`,
    },
    magic_link: {
      subject: 'Your sign-in link',
      html: `<h2>Your sign-in link</h2>\n\n<p>It works once, and not for long.</p>\n${link('Sign in')}`,
    },
    email_change: {
      subject: 'Confirm your new email address',
      html: `<h2>Confirm your new email address</h2>\n\n<p>Your address is about to become {{ .NewEmail }}.</p>\n${link('Confirm new email address')}\n${unasked}`,
    },
    reauthentication: {
      subject: '{{ .Token }} is your verification code',
      html: `<h2>Your verification code</h2>\n\n<p>Enter this code to go on. It is not valid for long.</p>\n<p>{{ .Token }}</p>`,
    },
    password_changed_notification: {
      subject: 'Your password was changed',
      html: `<h2>Your password was changed</h2>\n\n<p>The password of {{ .Email }} was changed.</p>\n${notYou}`,
    },
    email_changed_notification: {
      subject: 'Your email address was changed',
      html: `<h2>Your email address was changed</h2>\n\n<p>It was {{ .OldEmail }} and is now {{ .Email }}.</p>\n${notYou}`,
    },
    phone_changed_notification: {
      subject: 'Your phone number was changed',
      html: `<h2>Your phone number was changed</h2>\n\n<p>It was {{ .OldPhone }} and is now {{ .Phone }}.</p>\n${notYou}`,
    },
    identity_linked_notification: {
      subject: 'A new sign-in method was linked to your account',
      html: `<h2>A new sign-in method was linked</h2>\n\n<p>{{ .Email }} can now sign in with {{ .Provider }}.</p>\n${notYou}`,
    },
    identity_unlinked_notification: {
      subject: 'A sign-in method was removed from your account',
      html: `<h2>A sign-in method was removed</h2>\n\n<p>{{ .Email }} can no longer sign in with {{ .Provider }}.</p>\n${notYou}`,
    },
    mfa_factor_enrolled_notification: {
      subject: 'A new verification method was added to your account',
      html: `<h2>A new verification method was added</h2>\n\n<p>{{ .FactorType }} now protects {{ .Email }}.</p>\n${notYou}`,
    },
    mfa_factor_unenrolled_notification: {
      subject: 'A verification method was removed from your account',
      html: `<h2>A verification method was removed</h2>\n\n<p>{{ .FactorType }} no longer protects {{ .Email }}.</p>\n${notYou}`,
    },
  };
