import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { supabase } from './supabase.ts';

/** The last message of a channel and the last one that the user has read. */
export interface ChannelProgress {
  readonly lastPosition: number;
  readonly lastRevision: number;
  readonly readPosition: number;
}

export type FamilyProgress = Readonly<Record<string, ChannelProgress>>;

const NOTHING: ChannelProgress = { lastPosition: 0, lastRevision: 0, readPosition: 0 };

/**
 * Progress of all channels of a family, by channel id. Positions have no gaps, so the unread count is a
 * subtraction.
 */
export function progressQuery(familyId: string) {
  return queryOptions({
    queryKey: ['progress', familyId],
    // A small periodic query detects missed live changes (useLostChanges).
    refetchInterval: 15_000,
    // A response requested before a message arrived must not undo the progress of that message.
    structuralSharing: (before, after) =>
      keepHighest(before as FamilyProgress | undefined, after as FamilyProgress),
    queryFn: async (): Promise<FamilyProgress> => {
      const [counters, reads] = await Promise.all([
        supabase.from('channel_counters').select('*').eq('family_id', familyId).throwOnError(),
        supabase.from('channel_reads').select('channel_id, position').throwOnError(),
      ]);
      const readPositions = new Map(reads.data.map((row) => [row.channel_id, row.position]));
      return Object.fromEntries(
        counters.data.map((row) => [
          row.channel_id,
          {
            lastPosition: row.last_position,
            lastRevision: row.last_revision,
            readPosition: readPositions.get(row.channel_id) ?? 0,
          },
        ]),
      );
    },
  });
}

function keepHighest(before: FamilyProgress | undefined, after: FamilyProgress): FamilyProgress {
  return Object.fromEntries(
    Object.entries(after).map(([channelId, progress]) => [channelId, highest(progress, before?.[channelId])]),
  );
}

function highest(a: ChannelProgress, b: Partial<ChannelProgress> = NOTHING): ChannelProgress {
  return {
    lastPosition: Math.max(a.lastPosition, b.lastPosition ?? 0),
    lastRevision: Math.max(a.lastRevision, b.lastRevision ?? 0),
    readPosition: Math.max(a.readPosition, b.readPosition ?? 0),
  };
}

/** Raises the cached progress of a channel; numbers never decrease. */
export function raiseProgress(
  queryClient: QueryClient,
  familyId: string,
  channelId: string,
  seen: Partial<ChannelProgress>,
): void {
  queryClient.setQueryData(progressQuery(familyId).queryKey, (all) => {
    return all && { ...all, [channelId]: highest(all[channelId] ?? NOTHING, seen) };
  });
}

export function countUnread(progress: ChannelProgress | undefined): number {
  return progress === undefined ? 0 : Math.max(0, progress.lastPosition - progress.readPosition);
}

export async function markRead(channelId: string, position: number): Promise<void> {
  await supabase.rpc('mark_read', { channel_id: channelId, position }).throwOnError();
}
