import { supabase } from '../model/supabase.ts';

/** Minimum password length, the same as in supabase/config.toml. */
export const MIN_PASSWORD_LENGTH = 8;

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** @throws AuthError */
export async function signIn({ email, password }: Credentials): Promise<void> {
  const { error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) throw error;
}

/**
 * @returns true if the user is signed in immediately; false if an email with a confirmation link was sent
 * @throws AuthError
 */
export async function signUp(input: Credentials & { displayName: string }): Promise<boolean> {
  const { email, password, displayName } = input;
  const { data, error } = await supabase.auth.signUp({
    email,
    password,
    options: { data: { display_name: displayName }, emailRedirectTo: window.location.origin },
  });
  if (error) throw error;
  return data.session !== null;
}

/** @throws AuthError */
export async function requestMagicLink(email: string): Promise<void> {
  const { error } = await supabase.auth.signInWithOtp({
    email,
    options: { shouldCreateUser: false, emailRedirectTo: window.location.href },
  });
  if (error) throw error;
}

/** @throws AuthError */
export async function requestPasswordReset(email: string): Promise<void> {
  const redirectTo = `${window.location.origin}/reset-password`;
  const { error } = await supabase.auth.resetPasswordForEmail(email, { redirectTo });
  if (error) throw error;
}

/** @throws AuthError */
export async function changePassword(password: string): Promise<void> {
  const { error } = await supabase.auth.updateUser({ password });
  if (error) throw error;
}

/**
 * Signs out on this device, or on all. If the server cannot be reached, this browser's session still ends.
 *
 * @throws AuthError
 */
export async function signOut(scope: 'local' | 'global'): Promise<void> {
  const { error } = await supabase.auth.signOut({ scope });
  if (error) throw error;
}
