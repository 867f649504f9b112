import type { Schema } from '../http/schema.ts';

/** How an image is to be changed, as clients ask for it. */
export interface Transformation {
  readonly width?: number;
  readonly height?: number;
  readonly resize?: 'cover' | 'contain' | 'fill';
  readonly format?: 'origin' | 'avif' | 'webp';
  readonly quality?: number;
}

export const TRANSFORMATION: Schema = {
  type: 'object',
  properties: {
    height: { type: 'integer', finite: true, minimum: 0 },
    width: { type: 'integer', finite: true, minimum: 0 },
    resize: { type: 'string', enum: ['cover', 'contain', 'fill'] },
    format: { type: 'string', enum: ['origin', 'avif', 'webp'] },
    quality: { type: 'integer', finite: true, minimum: 20, maximum: 100 },
  },
};

/** Claims of a signed URL that fix the transformation; none when nothing is to be changed. */
export function transformationClaims(transformation: Transformation): {
  transformations?: string;
  format?: string;
} {
  const transformations = formatTransformation(transformation);
  if (transformations === '') return {};
  return { transformations, ...(transformation.format ? { format: transformation.format } : {}) };
}

const MAX_SIDE = 2500;
const RESIZE_WORDS = { cover: 'fill', contain: 'fit', fill: 'force' } as const;

/** The options in the notation of imgproxy, in which the original keeps and shows them (`X-Transformations`). */
export function formatTransformation({ width, height, resize, quality }: Transformation): string {
  const options: string[] = [];
  if (height) options.push(`height:${clamp(height)}`);
  if (width) options.push(`width:${clamp(width)}`);
  if (width || height) options.push(`resizing_type:${RESIZE_WORDS[resize ?? 'cover']}`);
  if (quality) options.push(`quality:${quality}`);
  return options.join(',');
}

/** Reads back what `formatTransformation` wrote. */
export function parseTransformation(text: string): Transformation {
  const values = new Map(text.split(',').map((option) => option.split(':', 2) as [string, string]));
  const number = (name: string): number | undefined =>
    values.has(name) ? Number(values.get(name)) : undefined;
  const word = values.get('resizing_type');
  const resize = (Object.keys(RESIZE_WORDS) as (keyof typeof RESIZE_WORDS)[]).find(
    (key) => RESIZE_WORDS[key] === word,
  );
  return { width: number('width'), height: number('height'), resize, quality: number('quality') };
}

function clamp(side: number): number {
  return Math.min(Math.max(side, 1), MAX_SIDE);
}
