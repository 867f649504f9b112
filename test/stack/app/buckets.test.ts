import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOurChatStack } from '../../helpers/ourchat-stack.ts';
import type { TestStack } from '../../helpers/stack.ts';

// Migrations create the buckets of hosted projects; config.toml declares them a second time.

let declared: TestStack;
let migrated: TestStack;

beforeAll(async () => {
  declared = await startOurChatStack();
  migrated = await startOurChatStack({ config: '' });
});

afterAll(async () => {
  await declared?.stop();
  await migrated?.stop();
});

const bucketsOf = async (stack: TestStack): Promise<object[]> => {
  const { data } = await stack.client(stack.secretKey).storage.listBuckets();
  return (data ?? [])
    .map((bucket) => {
      const { created_at: _, updated_at: __, ...settings } = bucket;
      return settings;
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

test('the buckets are the same with only their migrations as with config.toml', async () => {
  const buckets = await bucketsOf(declared);
  expect(buckets).toMatchObject(
    ['avatars', 'link-previews', 'message-files', 'message-images'].map((id) => ({ id, public: false })),
  );
  expect(await bucketsOf(migrated)).toEqual(buckets);
});
