import type { TestProject } from 'vitest/node';
import { createGlobalSetup } from '../../plugin/vitest/global-setup.ts';
import { readOurChatFiles } from './ourchat-files.ts';
import { makeProject } from './project.ts';

/** The global set-up of the tests in test/ourchat: one stack, of which each file takes a fork (ourchat-fork.ts). */
export default async function setUpOurChat(project: TestProject): Promise<() => Promise<void>> {
  const files = await makeProject(await readOurChatFiles());
  const stop = await createGlobalSetup({ root: files.root })(project);
  return async () => {
    await stop();
    await files.remove();
  };
}
