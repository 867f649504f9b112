import type { Size } from './crop.ts';

const MAX_WIDTH = 320;
const MAX_HEIGHT = 280;
/** Wide enough for text below the picture, and high enough to tap. */
const MIN_WIDTH = 200;
const MIN_HEIGHT = 64;

/**
 * Size of a message's picture area in pixels; narrower on a narrow screen. Known before any picture has loaded, so
 * that nothing moves.
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
