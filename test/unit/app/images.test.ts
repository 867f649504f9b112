import { describe, expect, test } from 'vitest';
import { cropArea, MIDDLE, moveCrop } from '../../../app/images/crop.ts';
import { sizeOfImages } from '../../../app/images/layout.ts';
import { readFiles, readImages, summarizeMessage } from '../../../app/messages/message.ts';

const image = (width: number, height: number, alt?: string) => ({
  path: 'a/b/1.webp',
  width,
  height,
  ...(alt === undefined ? {} : { alt }),
});

const letter = { path: 'a/b/1', name: 'letter.pdf', size: 3 };

describe('the size of pictures', () => {
  test.each([
    ['a landscape photograph', [image(1600, 1200)], { width: 320, height: 240 }],
    ['a portrait photograph', [image(1200, 1600)], { width: 210, height: 280 }],
    ['a small picture, unscaled', [image(200, 100)], { width: 200, height: 100 }],
    ['an icon', [image(16, 16)], { width: 200, height: 64 }],
    ['a panorama', [image(1600, 100)], { width: 320, height: 64 }],
    ['two', [image(1600, 1200), image(10, 10)], { width: 320, height: 160 }],
    ['four', [image(1, 1), image(1, 1), image(1, 1), image(1, 1)], { width: 320, height: 320 }],
    ['none', [], { width: 0, height: 0 }],
  ])('is known before they load: %s', (_what, images, size) => {
    expect(sizeOfImages(images)).toEqual(size);
  });
});

describe('a message in one line', () => {
  test.each([
    ['Hello', [image(1, 1)], [letter], 'Hello'],
    ['', [image(1, 1)], [], 'Picture'],
    ['', [image(1, 1, 'The lake')], [], 'Picture: The lake'],
    ['', [image(1, 1, 'The lake'), image(1, 1)], [], '2 pictures'],
    ['', [], [letter], 'File: letter.pdf'],
    ['', [], [letter, letter], '2 files'],
    ['', [image(1, 1)], [letter], '2 files'],
  ])('is its text, otherwise its pictures or files', (body, images, files, line) => {
    expect(summarizeMessage({ body, images, files })).toBe(line);
  });

  test('has no pictures and no files if the columns are missing', () => {
    expect([readImages(undefined as never), readFiles(undefined as never)]).toEqual([[], []]);
  });
});

describe('the part of a picture that becomes an avatar', () => {
  const lying = { width: 300, height: 200 };

  test('is the largest square in the middle at first', () => {
    expect(cropArea(lying, MIDDLE)).toEqual({ left: 50, top: 0, side: 200 });
  });

  test('zooms around the same place', () => {
    expect(cropArea(lying, { ...MIDDLE, zoom: 2 })).toEqual({ left: 100, top: 50, side: 100 });
  });

  test('follows dragging, and stops at the edges', () => {
    const moved = moveCrop(lying, MIDDLE, 0.1, 0.1);
    // Dragging right by a tenth of the square reveals the part to its left. There is no room above.
    expect(cropArea(lying, moved)).toEqual({ left: 30, top: 0, side: 200 });
    expect(cropArea(lying, moveCrop(lying, moved, 5, 0)).left).toBe(0);
    expect(cropArea(lying, moveCrop(lying, moved, -5, 0)).left).toBe(100);
  });
});
