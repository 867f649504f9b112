import { queryOptions } from '@tanstack/react-query';
import type { Enums, Tables } from './database.types.ts';
import type { Member } from './member.ts';
import { supabase } from './supabase.ts';

export type Family = Tables<'families'>;

/** The signed-in user's families, oldest first. Row level security hides all others. */
export const familiesQuery = queryOptions({
  queryKey: ['families'],
  queryFn: async (): Promise<Family[]> => {
    const { data } = await supabase.from('families').select('*').order('created_at').throwOnError();
    return data;
  },
});

/** Current and former members of a family, sorted by name. */
export function membersQuery(familyId: string) {
  return queryOptions({
    queryKey: ['members', familyId],
    queryFn: async (): Promise<Member[]> => {
      const { data } = await supabase
        .from('family_members')
        .select('user_id, role, left_at, users(display_name, color, avatar_path)')
        .eq('family_id', familyId)
        .throwOnError();
      return data
        .map((row) => ({
          id: row.user_id,
          name: row.users.display_name,
          color: row.users.color,
          avatarPath: row.users.avatar_path,
          role: row.role,
          hasLeft: row.left_at !== null,
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name));
    },
  });
}

export async function createFamily(name: string): Promise<Family> {
  const { data } = await supabase.rpc('create_family', { name }).throwOnError();
  return data;
}

export async function joinFamily(code: string): Promise<Family> {
  const { data } = await supabase.rpc('join_family', { code }).throwOnError();
  return data;
}

export async function renameFamily(input: { familyId: string; name: string }): Promise<void> {
  await supabase.from('families').update({ name: input.name }).eq('id', input.familyId).throwOnError();
}

export async function leaveFamily(familyId: string): Promise<void> {
  await supabase.rpc('leave_family', { family_id: familyId }).throwOnError();
}

export async function removeMember(input: { familyId: string; userId: string }): Promise<void> {
  await supabase.rpc('remove_member', { family_id: input.familyId, user_id: input.userId }).throwOnError();
}

export async function setMemberRole(input: {
  familyId: string;
  userId: string;
  role: Enums<'family_role'>;
}): Promise<void> {
  await supabase
    .rpc('set_member_role', { family_id: input.familyId, user_id: input.userId, role: input.role })
    .throwOnError();
}

export async function replaceInviteCode(familyId: string): Promise<string> {
  const { data } = await supabase.rpc('replace_invite_code', { family_id: familyId }).throwOnError();
  return data;
}

/** "FAM11-YDEM0": easier to read out than ten characters in a row. */
export function formatInviteCode(code: string): string {
  return `${code.slice(0, 5)}-${code.slice(5)}`;
}

/** URL of the page "Join …" for a family. */
export function inviteLink(code: string): string {
  return `${window.location.origin}/join/${code}`;
}
