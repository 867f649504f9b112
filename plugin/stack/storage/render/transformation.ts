// Storage v1.70.6 src/storage/renderer/image.ts
import { storageErrors } from '../errors.ts';

/** How to change an image, as clients request it. */
export interface Transformation {
  /** Pixels; 0 or undefined follows from the other side. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** `cover` (the default) crops, `contain` fits inside, `fill` distorts. */
  readonly resize?: 'cover' | 'contain' | 'fill' | undefined;
  /** Undefined: chosen by the Accept header. */
  readonly format?: 'origin' | 'avif' | 'webp' | undefined;
  /** 20 to 100; when undefined, a default of the format. */
  readonly quality?: number | undefined;
  /** The part to keep: a side, a corner, `ce`ntre, `sm`art or around a focal point (`fp`). */
  readonly gravity?: string | undefined;
  /** Pixels from there; for a focal point a share of the width, 0 to 1. */
  readonly x_offset?: number | undefined;
  /** Like `x_offset`, for the height. */
  readonly y_offset?: number | undefined;
}

const MAX_SIDE = 2500;
const IMGPROXY_RESIZE = { cover: 'fill', contain: 'fit', fill: 'force' } as const;

/** The applied changes in imgproxy's notation, which Storage sends as `X-Transformations`. @throws StorageError */
export function describeTransformation(transformation: Transformation): string {
  const { resize = 'cover' } = transformation;
  return segments(transformation, `resizing_type:${IMGPROXY_RESIZE[resize]}`);
}

/** Claims of a signed URL that determine the transformation; none for an empty one. @throws StorageError */
export function transformationClaims(transformation: Transformation): {
  transformations?: string;
  format?: string;
} {
  const { resize, format } = transformation;
  const transformations = segments(transformation, `resize:${resize ?? ''}`);
  return { ...(transformations && { transformations }), ...(format && { format }) };
}

/** Parses the claim `transformations` that `transformationClaims` made. */
export function parseTransformation(text: string): Transformation {
  const values = new Map(
    text.split(',').map((segment) => [segment.split(':', 1)[0], segment.split(':').slice(1)]),
  );
  const word = (name: string, index = 0): string | undefined => values.get(name)?.[index] || undefined;
  const number = (name: string, index = 0): number | undefined => {
    const value = Number.parseFloat(word(name, index) ?? '');
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    width: number('width'),
    height: number('height'),
    quality: number('quality'),
    resize: word('resize') as Transformation['resize'],
    format: word('format') as Transformation['format'],
    gravity: word('gravity'),
    x_offset: number('gravity', 1),
    y_offset: number('gravity', 2),
  };
}

export function clampSide(side: number | undefined): number | undefined {
  return side ? Math.min(Math.max(side, 1), MAX_SIDE) : undefined;
}

function segments(transformation: Transformation, resize: string): string {
  const { width, height, quality, format } = transformation;
  const list: string[] = [];
  if (height) list.push(`height:${clampSide(height)}`);
  if (width) list.push(`width:${clampSide(width)}`);
  if (width || height) list.push(resize);
  if (quality) list.push(`quality:${quality}`);
  if (format && format !== 'origin') list.push(`format:${format}`);
  if (transformation.gravity) list.push(describeGravity(transformation.gravity, transformation));
  return list.join(',');
}

function describeGravity(gravity: string, { x_offset: x, y_offset: y }: Transformation): string {
  if (gravity === 'fp' && !(isShare(x) && isShare(y)))
    throw storageErrors.invalidParameter(
      'gravity',
      'Focal point requires x and y coordinates within 0-1 range',
    );
  const isPlain = gravity === 'sm' || (x === undefined && y === undefined);
  return isPlain ? `gravity:${gravity}` : `gravity:${gravity}:${x ?? 0}:${y ?? 0}`;
}

function isShare(value: number | undefined): boolean {
  return value !== undefined && value >= 0 && value <= 1;
}
