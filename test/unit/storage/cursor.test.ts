import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../plugin/stack/storage/objects/cursor.ts';
import {
  describeTransformation,
  parseTransformation,
  transformationClaims,
} from '../../../plugin/stack/storage/render/transformation.ts';

test('a cursor has the format of Storage', () => {
  expect(encodeCursor({ last: 'dir/b.txt' })).toBe('bDpkaXIvYi50eHQ=');
  expect(encodeCursor({ last: 'plain.txt', order: 'asc' })).toBe('bDpwbGFpbi50eHQKbzphc2M=');
  const cursor = { last: 'a', order: 'desc', column: 'created_at', time: '2026-11-22T15:41:26.724Z' };
  expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
});

test.each(['', '!!!', Buffer.from('x:1').toString('base64'), Buffer.from('l:a\nz:b').toString('base64')])(
  'an invalid cursor is refused: %j',
  (text) => {
    expect(() => decodeCursor(text)).toThrow('Invalid Parameter continuation token');
  },
);

test('a transformation survives the round trip through claims', () => {
  const wanted = {
    width: 100,
    height: 50,
    resize: 'contain',
    quality: 60,
    format: 'webp',
    gravity: 'no',
  } as const;
  const { transformations = '' } = transformationClaims(wanted);
  expect(transformations).toBe('height:50,width:100,resize:contain,quality:60,format:webp,gravity:no');
  expect(parseTransformation(transformations)).toEqual(wanted);
  expect(transformationClaims({})).toEqual({});
});

test('the applied transformation is described in the notation of imgproxy, within its limits', () => {
  expect(describeTransformation({ width: 9000 })).toBe('width:2500,resizing_type:fill');
  expect(describeTransformation({ height: 10, resize: 'fill' })).toBe('height:10,resizing_type:force');
});
