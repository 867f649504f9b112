import { expect, test } from 'vitest';
import { batched } from '../../../app/shared/batch.ts';

test('joins the calls of a screen into one request, and starts another one for the next screen', async () => {
  const requests: (readonly string[])[] = [];
  const lengthOf = batched(async (keys) => {
    requests.push(keys);
    return new Map(keys.filter((key) => key !== '').map((key) => [key, key.length]));
  });
  expect(await Promise.all(['a', 'bb', 'a', ''].map(lengthOf))).toEqual([1, 2, 1, undefined]);
  expect(await lengthOf('ccc')).toBe(3);
  expect(requests).toEqual([['a', 'bb', ''], ['ccc']]);
});

test('fails for the calls of a request that fails, and not for later ones', async () => {
  let isBroken = true;
  const load = batched(async (keys) => {
    if (isBroken) throw new Error('no connection');
    return new Map(keys.map((key) => [key, key]));
  });
  const answers = await Promise.allSettled([load('a'), load('b')]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isBroken = false;
  expect(await load('a')).toBe('a');
});
