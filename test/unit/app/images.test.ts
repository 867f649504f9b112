import { describe, expect, test } from 'vitest';
import { cropArea, MIDDLE, moveCrop } from '../../../app/images/crop.ts';
import { sizeOfImages } from '../../../app/images/layout.ts';
import { readImages, summarizeMessage } from '../../../app/messages/message.ts';

const image = (width: number, height: number, alt?: string) => ({
  path: 'a/b/1.webp',
  width,
  height,
  ...(alt === undefined ? {} : { alt }),
});

describe('the room for pictures', () => {
  test.each([
    ['a photograph lying', [image(1600, 1200)], { width: 320, height: 240 }],
    ['a photograph standing', [image(1200, 1600)], { width: 210, height: 280 }],
    ['a small one, at its size', [image(200, 100)], { width: 200, height: 100 }],
    ['an icon', [image(16, 16)], { width: 200, height: 64 }],
    ['a panorama', [image(1600, 100)], { width: 320, height: 64 }],
    ['two', [image(1600, 1200), image(10, 10)], { width: 320, height: 160 }],
    ['four', [image(1, 1), image(1, 1), image(1, 1), image(1, 1)], { width: 320, height: 320 }],
    ['none', [], { width: 0, height: 0 }],
  ])('is known before they come: %s', (_what, images, size) => {
    expect(sizeOfImages(images)).toEqual(size);
  });
});

describe('a message in one line', () => {
  test.each([
    ['Hello', [image(1, 1)], 'Hello'],
    ['', [image(1, 1)], 'Picture'],
    ['', [image(1, 1, 'The lake')], 'Picture: The lake'],
    ['', [image(1, 1, 'The lake'), image(1, 1)], '2 pictures'],
  ])('says what is written, otherwise what is shown', (body, images, line) => {
    expect(summarizeMessage({ body, images })).toBe(line);
  });

  test('has no pictures when the column is not there', () => {
    expect(readImages(undefined as never)).toEqual([]);
  });
});

describe('the part of a picture that becomes an avatar', () => {
  const lying = { width: 300, height: 200 };

  test('is the middle at first, as large as it can be', () => {
    expect(cropArea(lying, MIDDLE)).toEqual({ left: 50, top: 0, side: 200 });
  });

  test('comes closer around the same place', () => {
    expect(cropArea(lying, { ...MIDDLE, zoom: 2 })).toEqual({ left: 100, top: 50, side: 100 });
  });

  test('follows the finger, and stops at the edges', () => {
    const moved = moveCrop(lying, MIDDLE, 0.1, 0.1);
    // A tenth of the square to the right: what is left of it comes in. There is nothing above.
    expect(cropArea(lying, moved)).toEqual({ left: 30, top: 0, side: 200 });
    expect(cropArea(lying, moveCrop(lying, moved, 5, 0)).left).toBe(0);
    expect(cropArea(lying, moveCrop(lying, moved, -5, 0)).left).toBe(100);
  });
});
