import { supabase } from '../model/supabase.ts';

/** Minimum length of a password, as in supabase/config.toml. */
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
 * @returns whether the person is signed in at once; otherwise a mail with a confirmation link is on its way
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
 * Signs out here, or on every device. When the server cannot be reached the session of this browser ends all the same.
 *
 * @throws AuthError
 */
export async function signOut(scope: 'local' | 'global'): Promise<void> {
  const { error } = await supabase.auth.signOut({ scope });
  if (error) throw error;
}
