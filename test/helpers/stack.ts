import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { startStack, type Stack, type StackOptions } from '../../plugin/start-stack.ts';
import { makeProject } from './project.ts';

export interface TestStack extends Stack {
  /** Folder of its project. */
  readonly root: string;
  /** An official client; by default with the publishable key and without a stored session. */
  client(key?: string, options?: SupabaseClientOptions<'public'>): SupabaseClient;
}

/**
 * A separate stack on free ports with throw-away data.
 *
 * @param files the project's files, such as `{ 'supabase/migrations/1_items.sql': 'create table …' }`
 */
export async function startTestStack(
  files: Readonly<Record<string, string>> = {},
  options: StackOptions = {},
): Promise<TestStack> {
  const project = await makeProject(files);
  const stack = await startStack({
    root: project.root,
    port: 0,
    dbPort: 0,
    ephemeral: true,
    ...options,
    config: {
      ...options.config,
      // Tables are open to the API roles unless a test says otherwise.
      api: { auto_expose_new_tables: true, ...(options.config?.api as object | undefined) },
    },
  }).catch(async (error: unknown) => {
    await project.remove();
    throw error;
  });
  const clients: SupabaseClient[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.removeAllChannels()));
    await stack.stop();
    await project.remove();
  };
  return {
    ...stack,
    root: project.root,
    client(key = stack.publishableKey, clientOptions = {}) {
      const client = createClient(stack.url, key, {
        ...clientOptions,
        auth: { persistSession: false, autoRefreshToken: false, ...clientOptions.auth },
        // Node 20 has no built-in WebSocket.
        realtime: { transport: WebSocket as never, ...clientOptions.realtime },
      });
      clients.push(client);
      return client;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
