import { expect, test } from 'vitest';
import { checkPostPolicy } from '../../../plugin/stack/storage/s3/post-policy.ts';

const FUTURE = new Date(Date.now() + 60_000).toISOString();
const FIELDS = new Map([
  ['key', 'up/a.txt'],
  ['content-type', 'text/plain'],
  ['policy', 'itself'],
]);
const COVERING = [{ bucket: 'b' }, ['starts-with', '$key', 'up/'], ['eq', '$Content-Type', 'text/plain']];

test('a form that meets every condition is allowed, within the sizes of its policy', () => {
  const policy = encode(FUTURE, [...COVERING, ['content-length-range', 1, 10]]);
  expect(checkPostPolicy(policy, FIELDS, 'b')).toEqual({ minSize: 1, maxSize: 10 });
});

test.each([
  ['another bucket', encode(FUTURE, COVERING), 'c', '"bucket" does not match'],
  ['another key', encode(FUTURE, [{ bucket: 'b' }, { key: 'x' }]), 'b', '"key" does not match'],
  ['a field that nobody signed', encode(FUTURE, COVERING.slice(0, 2)), 'b', 'is not covered by the policy'],
  ['a policy that has ended', encode('2020-01-01T00:00:00Z', COVERING), 'b', 'has expired'],
  ['a policy without an end', encode(undefined, COVERING), 'b', 'Missing policy expiration'],
  ['an unknown operator', encode(FUTURE, [['like', '$key', '%']]), 'b', 'Unsupported policy condition'],
  ['garbage', 'bm90IGpzb24=', 'b', 'Invalid POST policy'],
])('%s is refused', (_what, policy, bucket, message) => {
  expect(() => checkPostPolicy(policy, FIELDS, bucket)).toThrow(message);
});

function encode(expiration: string | undefined, conditions: unknown[]): string {
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
}
