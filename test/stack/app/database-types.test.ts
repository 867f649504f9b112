import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateTypes } from '../../../plugin/database-types/generate.ts';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';

const TYPES = fileURLToPath(new URL('../../../app/model/database.types.ts', import.meta.url));

// A running dev server keeps the file as the database is; `npm run types` writes it without one.
test('app/model/database.types.ts has the types of the migrated database', async () => {
  await using stack = await startOurChatStack();
  const types = await generateTypes({ databaseUrl: stack.dbUrl, schemas: ['public', 'graphql_public'] });
  expect(await readFile(TYPES, 'utf8')).toBe(types);
});
