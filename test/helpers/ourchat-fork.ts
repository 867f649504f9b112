import { createTestSupabase, type TestSupabase } from '../../plugin/testing/test-supabase.ts';
import { takeFork } from '../../plugin/vitest/fork.ts';

/** A Supabase of its own with OurChat's migrations, without the demo family; only in test/ourchat. */
export interface OurChatFork extends TestSupabase {
  stop(): Promise<void>;
}

export async function forkOurChat(): Promise<OurChatFork> {
  const fork = await takeFork();
  const { supabase, close } = createTestSupabase(fork);
  return {
    ...supabase,
    async stop() {
      await close();
      await fork.stop();
    },
  };
}
