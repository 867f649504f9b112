import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateTypes } from '../../helpers/generate-types.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';

const TYPES = fileURLToPath(new URL('../../../app/model/database.types.ts', import.meta.url));

// `npm run types` is this test with --update: it writes the file instead of comparing it.
test('app/model/database.types.ts is what the generator writes for the migrated database', async () => {
  await using stack = await startOurChatStack();
  await expect(await generateTypes(stack.dbUrl)).toMatchFileSnapshot(TYPES);
});
