import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateTypes, hasTypeGenerator } from '../../helpers/generate-types.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';

const TYPES = fileURLToPath(new URL('../../../app/model/database.types.ts', import.meta.url));

// `npm run types` installs the generator and runs this test with --update, which writes the file. `npm run check:types`
// installs and compares. Without the generator the test is skipped, except in CI, where its absence is a failure.
test.skipIf(!process.env.CI && !(await hasTypeGenerator()))(
  'app/model/database.types.ts is what the generator writes for the migrated database',
  async () => {
    await using stack = await startOurChatStack();
    await expect(await generateTypes(stack.dbUrl)).toMatchFileSnapshot(TYPES);
  },
);
