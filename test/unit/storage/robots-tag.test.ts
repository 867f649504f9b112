import { expect, test } from 'vitest';
import { checkRobotsTag } from '../../../plugin/stack/storage/rest/robots-tag.ts';

test.each([
  'none',
  'noindex, nofollow',
  'max-snippet: -1, max-image-preview: large',
  'unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT',
  'unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noindex',
  'googlebot: noindex',
])('%s is allowed', (value) => {
  expect(() => checkRobotsTag(value)).not.toThrow();
});

test.each([
  [' ', 'non-empty string'],
  ['maybe', 'Invalid X-Robots-Tag rule: "maybe"'],
  ['noindex,,nofollow', 'contains empty rule'],
  ['max-snippet: x', 'value must be an integer >= -1, got: "x"'],
  ['max-snippet:', 'requires a value'],
  ['max-image-preview: huge', 'must be one of: none, standard, large'],
  ['unavailable_after: never', 'must be a valid date, got: "never"'],
  ['googlebot:', 'user agent "googlebot" has no rules specified'],
])('%s is refused', (value, message) => {
  expect(() => checkRobotsTag(value)).toThrow(message);
});
