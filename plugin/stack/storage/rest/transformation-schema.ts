// Storage v1.70.6 src/http/schemas/transformations.ts
import type { Schema } from '../http/schema.ts';

/** A transformation as query parameters, or as `transform` of a request to sign a URL. */
export const TRANSFORMATION = {
  type: 'object',
  properties: {
    height: { type: 'integer', finite: true, minimum: 0 },
    width: { type: 'integer', finite: true, minimum: 0 },
    resize: { type: 'string', enum: ['cover', 'contain', 'fill'] },
    format: { type: 'string', enum: ['origin', 'avif', 'webp'] },
    quality: { type: 'integer', finite: true, minimum: 20, maximum: 100 },
    gravity: {
      type: 'string',
      enum: ['no', 'so', 'ea', 'we', 'noea', 'nowe', 'soea', 'sowe', 'ce', 'sm', 'fp'],
    },
    x_offset: { type: 'number', finite: true },
    y_offset: { type: 'number', finite: true },
  },
} as const satisfies Schema;
