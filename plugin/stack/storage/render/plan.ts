import type { Transformation } from './transformation.ts';
import { clampSide } from './transformation.ts';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** How to resize an image: scale it, then crop it. */
export interface ResizePlan {
  /** Pixels after scaling; both sides by the same factor, except for `fill`. */
  readonly scaled: ImageSize;
  /** The part to keep, in pixels of the scaled image. */
  readonly part: ImageSize & { readonly left: number; readonly top: number };
}

// The CLI's preset of imgproxy: the size of a side that is not given, so `cover` with one side crops.
const OPEN: ImageSize = { width: 3000, height: 8192 };

/**
 * Computes the resizing as imgproxy 3.8 does: nothing is enlarged.
 *
 * @param source size of the image after applying its orientation
 */
export function planResize(source: ImageSize, transformation: Transformation): ResizePlan {
  const width = clampSide(transformation.width);
  const height = clampSide(transformation.height);
  const target = { width: width ?? OPEN.width, height: height ?? OPEN.height };
  const isOpen = width === undefined && height === undefined;
  const mode = isOpen ? 'contain' : (transformation.resize ?? 'cover');
  const shrink = chooseShrink(mode, source.width / target.width, source.height / target.height);
  const scaled = {
    width: Math.round(source.width / Math.min(shrink.width, source.width)),
    height: Math.round(source.height / Math.min(shrink.height, source.height)),
  };
  const part = {
    width: Math.min(target.width, scaled.width),
    height: Math.min(target.height, scaled.height),
  };
  return { scaled, part: { ...part, ...placePart(scaled, part, transformation) } };
}

function chooseShrink(mode: 'cover' | 'contain' | 'fill', byWidth: number, byHeight: number): ImageSize {
  const both = mode === 'cover' ? Math.min(byWidth, byHeight) : Math.max(byWidth, byHeight);
  const [width, height] = mode === 'fill' ? [byWidth, byHeight] : [both, both];
  // If a side would grow, both are scaled down by that factor: the aspect ratio stays, and neither side grows.
  const excess = Math.min(width, height, 1);
  return { width: width / excess, height: height / excess };
}

function placePart(
  whole: ImageSize,
  part: ImageSize,
  { gravity = 'ce', x_offset = 0, y_offset = 0 }: Transformation,
): { left: number; top: number } {
  const room = { width: whole.width - part.width, height: whole.height - part.height };
  const fit = (position: number, most: number): number => Math.max(0, Math.min(position, most));
  if (gravity === 'fp') {
    const left = Math.round(whole.width * x_offset) - Math.floor(part.width / 2);
    const top = Math.round(whole.height * y_offset) - Math.floor(part.height / 2);
    return { left: fit(left, room.width), top: fit(top, room.height) };
  }
  const [x, y] = [Math.trunc(x_offset), Math.trunc(y_offset)];
  let left = Math.floor((room.width + 1) / 2) + x;
  let top = Math.floor((room.height + 1) / 2) + y;
  if (gravity.startsWith('no')) top = y;
  if (gravity.startsWith('so')) top = room.height - y;
  if (gravity.endsWith('ea')) left = room.width - x;
  if (gravity.endsWith('we')) left = x;
  return { left: fit(left, room.width), top: fit(top, room.height) };
}
