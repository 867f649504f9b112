import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isInside } from '../../../plugin/shared/files.ts';

test.each([
  ['functions', true],
  ['functions/a/b.ts', true],
  ['functions/..hidden/a.ts', true],
  ['functions2/a.ts', false],
  ['', false],
  ['..', false],
])('whether %j is inside of the folder functions: %s', (path, expected) => {
  expect(isInside(join('/project', 'functions'), join('/project', path))).toBe(expected);
});
