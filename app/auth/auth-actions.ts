import { createEphemeralClient, supabase } from '../model/supabase.ts';

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

/** Sets the password of somebody who came by a recovery link. @throws AuthError */
export async function resetPassword(password: string): Promise<void> {
  const { error } = await supabase.auth.updateUser({ password });
  if (error) throw error;
}

/** @throws AuthError, also if the current password is wrong */
export async function changePassword(input: Credentials & { newPassword: string }): Promise<void> {
  await checkPassword(input);
  await resetPassword(input.newPassword);
}

/** Sends emails with links to the old and the new address. @throws AuthError, also if the password is wrong */
export async function changeEmail(input: Credentials & { newEmail: string }): Promise<void> {
  await checkPassword(input);
  const { error } = await supabase.auth.updateUser(
    { email: input.newEmail },
    { emailRedirectTo: window.location.origin },
  );
  if (error) throw error;
}

/**
 * Deletes the account and signs out.
 *
 * @param input.beforeDeletion what has to be done while there is still a session
 * @throws AuthError if the password is wrong
 */
export async function deleteAccount(
  input: Credentials & { beforeDeletion: () => Promise<void> },
): Promise<void> {
  await checkPassword(input);
  await input.beforeDeletion();
  await supabase.rpc('delete_my_account').throwOnError();
  // The server has no session of this account any more.
  await supabase.auth.signOut({ scope: 'local' });
}

/** Signs in beside the current session, which stays as it is, and out again. @throws AuthError */
async function checkPassword({ email, password }: Credentials): Promise<void> {
  const client = createEphemeralClient();
  const { error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  await client.auth.signOut({ scope: 'local' });
}

/**
 * Signs out on this device, or on all others. If the server cannot be reached, this browser's session still ends.
 *
 * @throws AuthError
 */
export async function signOut(scope: 'local' | 'others'): Promise<void> {
  const { error } = await supabase.auth.signOut({ scope });
  if (error) throw error;
}
