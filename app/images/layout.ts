import type { Size } from './crop.ts';

const MAX_WIDTH = 320;
const MAX_HEIGHT = 280;
/** Wide enough for words below it, and high enough to be pressed. */
const MIN_WIDTH = 200;
const MIN_HEIGHT = 64;

/**
 * The room that the pictures of a message take, in pixels; less wide where the screen is. Known before any of them is
 * loaded, so nothing moves when they come.
 */
export function sizeOfImages(images: readonly Size[]): Size {
  const [first, ...others] = images;
  if (!first) return { width: 0, height: 0 };
  if (others.length === 1) return { width: MAX_WIDTH, height: MAX_WIDTH / 2 };
  if (others.length > 1) return { width: MAX_WIDTH, height: MAX_WIDTH };
  const scale = Math.min(1, MAX_WIDTH / first.width, MAX_HEIGHT / first.height);
  return {
    width: Math.max(MIN_WIDTH, Math.round(first.width * scale)),
    height: Math.max(MIN_HEIGHT, Math.round(first.height * scale)),
  };
}
