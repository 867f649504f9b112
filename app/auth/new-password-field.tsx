import type { ReactNode } from 'react';
import { PasswordField } from '../shared/password-field.tsx';
import { MIN_PASSWORD_LENGTH } from './auth-actions.ts';

interface NewPasswordFieldProps {
  label?: string;
  /** Said after the minimum length. */
  hint?: string;
}

/** A password to be set, in the field "password" of a form. */
export function NewPasswordField({ label = 'New password', hint = '' }: NewPasswordFieldProps): ReactNode {
  return (
    <PasswordField
      label={label}
      name="password"
      autoComplete="new-password"
      hint={`At least ${MIN_PASSWORD_LENGTH} characters. ${hint}`.trim()}
      minLength={MIN_PASSWORD_LENGTH}
      // bcrypt reads no more.
      maxLength={72}
      required
    />
  );
}
