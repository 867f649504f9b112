import { queryOptions } from '@tanstack/react-query';
import type { Tables } from './database.types.ts';
import { supabase } from './supabase.ts';

export type Channel = Tables<'channels'>;

/** All channels of a family, including archived ones, oldest first. */
export function channelsQuery(familyId: string) {
  return queryOptions({
    queryKey: ['channels', familyId],
    queryFn: async (): Promise<Channel[]> => {
      const { data } = await supabase
        .from('channels')
        .select('*')
        .eq('family_id', familyId)
        .order('created_at')
        .throwOnError();
      return data;
    },
  });
}

export interface ChannelInput {
  readonly name: string;
  readonly description: string;
}

export async function createChannel(input: ChannelInput & { familyId: string }): Promise<Channel> {
  const { familyId, name, description } = input;
  const { data } = await supabase
    .from('channels')
    .insert({ family_id: familyId, name, description })
    .select()
    .single()
    .throwOnError();
  return data;
}

export async function changeChannel(input: ChannelInput & { channelId: string }): Promise<void> {
  const { channelId, name, description } = input;
  await supabase.from('channels').update({ name, description }).eq('id', channelId).throwOnError();
}

export async function setChannelArchived(input: { channelId: string; archived: boolean }): Promise<void> {
  const archivedAt = input.archived ? new Date().toISOString() : null;
  await supabase
    .from('channels')
    .update({ archived_at: archivedAt })
    .eq('id', input.channelId)
    .throwOnError();
}

/** Normalizes a typed name: "Summer Holiday" → "summer-holiday". */
export function tidyChannelName(text: string): string {
  return text
    .trim()
    .toLocaleLowerCase()
    .replaceAll(/[\s#/]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
}
