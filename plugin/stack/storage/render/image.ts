import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { StorageError, storageErrors } from '../errors.ts';
import { planResize } from './plan.ts';
import type { Transformation } from './transformation.ts';

/** A transformed image. */
export interface RenderedImage {
  readonly bytes: Buffer;
  readonly contentType: string;
}

type OutputFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';
type SharpModule = (input: Buffer, options?: SharpOptions) => Sharp;

// The CLI's settings of imgproxy. The limits matter: a small file can decode to more than fits into memory.
const MAX_PIXELS = 50_000_000;
const MAX_FRAMES = 60;
const QUALITY: Readonly<Record<string, number>> = { jpeg: 80, webp: 80, avif: 62 };
const OUTPUT_FORMATS = new Set(['jpeg', 'png', 'gif', 'webp', 'avif']);
const MIN_AVIF_SIDE = 16;

/**
 * Transforms an image file as imgproxy does in the Supabase CLI's stack, with sharp, an optional dependency of the
 * project. Both use libvips.
 *
 * @param accept the client's Accept header, which chooses the format when the transformation does not
 * @returns undefined for an SVG without a requested format: it is served unchanged
 * @throws StorageError when sharp is not installed, or cannot read the file
 */
export async function renderImage(
  source: Buffer,
  transformation: Transformation,
  accept: string,
): Promise<RenderedImage | undefined> {
  const sharp = await loadSharp();
  try {
    const metadata = await sharp(source, { limitInputPixels: false }).metadata();
    const format = chooseFormat(metadata, transformation.format, accept);
    return format && (await transform(sharp, source, metadata, transformation, format));
  } catch (error) {
    throw invalidImage(error);
  }
}

/** The error that Storage answers for every failure of imgproxy to read a source. */
export function invalidImage(cause?: unknown): StorageError {
  const message = 'The source image is invalid or unsupported for rendering';
  return new StorageError(400, 'InvalidRequest', message, { cause });
}

async function transform(
  sharp: SharpModule,
  source: Buffer,
  metadata: Metadata,
  transformation: Transformation,
  wanted: OutputFormat,
): Promise<RenderedImage> {
  const isAnimated = wanted === 'gif' || wanted === 'webp';
  const pages = isAnimated ? Math.min(metadata.pages ?? 1, MAX_FRAMES) : 1;
  // Like imgproxy, renders the readable part of a damaged file.
  const image = sharp(source, { pages, limitInputPixels: MAX_PIXELS, failOn: 'none' });
  const { scaled, part } = planResize(uprightSize(metadata), transformation);
  image.autoOrient();
  // sharp combines the smart crop with scaling, and does not support it for animations.
  if (transformation.gravity === 'sm' && transformation.resize !== 'fill' && pages === 1)
    image.resize({ width: part.width, height: part.height, fit: 'cover', position: 'attention' });
  else image.resize({ ...scaled, fit: 'fill' }).extract(part);
  const isTooSmall = Math.min(part.width, part.height) < MIN_AVIF_SIDE;
  const format = wanted === 'avif' && isTooSmall ? (metadata.hasAlpha ? 'png' : 'jpeg') : wanted;
  const quality = transformation.quality ?? QUALITY[format];
  const bytes = await image
    .toFormat(format, quality === undefined || format === 'png' ? {} : { quality })
    .toBuffer();
  return { bytes, contentType: `image/${format}` };
}

/** The size after applying the EXIF orientation. */
function uprightSize({ width, height, pageHeight, orientation = 1 }: Metadata): {
  width: number;
  height: number;
} {
  const frame = { width, height: pageHeight ?? height };
  return orientation >= 5 ? { width: frame.height, height: frame.width } : frame;
}

function chooseFormat(
  { format, compression, hasAlpha, pages = 1 }: Metadata,
  wanted: Transformation['format'],
  accept: string,
): OutputFormat | undefined {
  if (wanted === 'avif' || wanted === 'webp') return wanted;
  if (format === 'svg') return undefined;
  if (wanted === undefined && accept.includes('image/webp')) return 'webp';
  const source = format === 'heif' && compression === 'av1' ? 'avif' : format;
  if (OUTPUT_FORMATS.has(source)) return source as OutputFormat;
  if (pages > 1) return 'gif';
  return hasAlpha ? 'png' : 'jpeg';
}

async function loadSharp(): Promise<SharpModule> {
  try {
    const module = await import('sharp');
    return module.default;
  } catch (error) {
    throw storageErrors.internal(
      'Image transformation needs the package "sharp", which is not installed here: npm install --save-dev sharp',
      error,
    );
  }
}
