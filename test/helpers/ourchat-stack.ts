import { readOurChatFiles } from './ourchat-files.ts';
import { startTestStack, type TestStack } from './stack.ts';

/**
 * Starts a stack with OurChat's migrations and without the demo family. Tests that need no other settings take a fork of a
 * common one: ourchat-fork.ts.
 *
 * @param config text of config.toml; by default OurChat's
 * @param secrets variables of the edge functions; without them there are no functions
 */
export async function startOurChatStack({
  config,
  secrets,
}: {
  config?: string;
  secrets?: Readonly<Record<string, string>>;
} = {}): Promise<TestStack> {
  const files = await readOurChatFiles({ config, withFunctions: secrets !== undefined });
  return startTestStack(files, secrets ? { config: { edge_runtime: { secrets } } } : {});
}
