import { expect, test } from 'vitest';
import {
  checkAllowedMimeTypes,
  checkBucketName,
  checkMimeType,
  checkNewObjectName,
  parseSizeLimit,
} from '../../../plugin/stack/storage/names.ts';

test.each(['a', "a b/c!-.*'()&$@=;:+,?", 'a//b', '/a', 'a/', '.hidden', 'a..b', '...'])(
  '%j is a valid name',
  (name) => {
    expect(() => checkNewObjectName('b', name)).not.toThrow();
  },
);

test.each(['..', '.', 'a/../b', 'a/.', './a'])('%j has a dot segment', (name) => {
  expect(() => checkNewObjectName('b', name)).toThrow(
    /^Invalid key: stub\/stub\/b\/.* contains dot path segment$/,
  );
});

test.each(['', 'ü', 'a#b', 'a%b', 'a~b', 'a\\b', 'a\nb', 'a\0b', '😀'])('%j is not a valid name', (name) => {
  expect(() => checkNewObjectName('b', name)).toThrow(`Invalid key: ${name}`);
});

test.each(['', 'a/b', 'ü', 'x'.repeat(101)])('%j is not a valid bucket name', (name) => {
  expect(() => checkBucketName(name)).toThrow('Bucket name invalid');
});

test('units of sizes are decimal', () => {
  expect(['5MB', '1.5mb', '2GB', '10kb', '7B', 9].map(parseSizeLimit)).toEqual([5e6, 1.5e6, 2e9, 1e4, 7, 9]);
});

test('types of uploads are compared as text', () => {
  expect(() => checkMimeType('text/csv; charset=utf-8', ['text/*'])).not.toThrow();
  expect(() => checkMimeType('anything', null)).not.toThrow();
  expect(() => checkMimeType('text/csv;charset=utf-8', ['text/csv'])).toThrow(
    'mime type text/csv;charset=utf-8',
  );
  expect(() => checkMimeType('image', ['image/*'])).toThrow('not supported');
  expect(() => checkAllowedMimeTypes(['image/*', '*/*', 'a/b; charset=x'])).not.toThrow();
  expect(() => checkAllowedMimeTypes(['image/'])).toThrow('mime type image/ is not supported');
});
