import { describe as describeTests, expect, test } from 'vitest';
import { summarizeMessage } from '../../../app/messages/message.ts';
import { channelPath } from '../../../app/model/paths.ts';
import { describe } from '../../../supabase/functions/push/describe.ts';

const PUSH = {
  id: 'e0000000-0000-4000-8000-000000000001',
  family_id: 'f0000000-0000-4000-8000-000000000001',
  channel_id: 'c0000000-0000-4000-8000-000000000001',
  channel: 'general',
  author: 'Anna',
  body: 'Hello',
  images: [],
  files: [],
};

describeTests('the notification of a pushed message', () => {
  test.each([
    'Hello',
    'Is **lunch** ready, _really_?',
    '# Plan\n\n1. `one` and ~~two~~\n2. [three](https://example.com/a)',
    '> quoted\n\nanswer',
    'snake_case and 2 * 3 * 4',
    'https://example.com/a_b_c',
    '```js\nconst a = 1;\n```',
    '<b>no HTML</b> & such',
    '****',
  ])('says the same as that of an open page: %j', (body) => {
    expect(describe({ ...PUSH, body }).body).toBe(summarizeMessage({ body, images: [], files: [] }));
  });

  test.each([
    { images: [{}], files: [] },
    { images: [{ alt: 'The lake' }], files: [] },
    { images: [{}, {}], files: [] },
    { images: [], files: [{ name: 'plan.pdf' }] },
    { images: [{}], files: [{ name: 'plan.pdf' }] },
  ])('says what is in a message without text: %j', (parts) => {
    expect(describe({ ...PUSH, body: '', ...parts }).body).toBe(summarizeMessage({ body: '', ...parts }));
  });

  test('leads to the message', () => {
    expect(describe(PUSH)).toMatchObject({
      title: 'Anna in #general',
      url: channelPath(PUSH.family_id, PUSH.channel_id, PUSH.id),
      tag: PUSH.channel_id,
    });
  });

  test('fits into what push services take', () => {
    const { body } = describe({ ...PUSH, body: '👩‍👩‍👧‍👦'.repeat(800) });
    expect(Array.from(body)).toHaveLength(300);
    expect(Buffer.byteLength(body)).toBeLessThan(3_000);
  });
});
