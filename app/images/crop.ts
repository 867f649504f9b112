/** A square part of a picture: its zoom, and its position between the edges (0 to 1). */
export interface Crop {
  /** 1: the largest square that fits. */
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const MAX_ZOOM = 4;
export const MIDDLE: Crop = { zoom: 1, x: 0.5, y: 0.5 };

/** The square in pixels of the picture, always inside its edges. */
export function cropArea({ width, height }: Size, crop: Crop): { left: number; top: number; side: number } {
  const side = Math.min(width, height) / crop.zoom;
  return { left: (width - side) * crop.x, top: (height - side) * crop.y, side };
}

/**
 * The crop after the picture was dragged.
 *
 * @param dx distance to the right, as a fraction of the square's side
 * @param dy distance down, as a fraction of the same
 */
export function moveCrop(size: Size, crop: Crop, dx: number, dy: number): Crop {
  const { side } = cropArea(size, crop);
  const move = (place: number, by: number, room: number): number =>
    room === 0 ? place : Math.min(1, Math.max(0, place - (by * side) / room));
  return { ...crop, x: move(crop.x, dx, size.width - side), y: move(crop.y, dy, size.height - side) };
}
