import type { Sharp } from 'sharp';
import { StorageError, storageErrors } from '../errors.ts';
import { clampSide, type Transformation } from './transformation.ts';

/** A transformed image. */
export interface RenderedImage {
  readonly bytes: Buffer;
  readonly contentType: string;
}

const DEFAULT_QUALITY = 80;
// imgproxy's limit: a small file can unpack to more than fits into memory.
const MAX_PIXELS = 50_000_000;
const FITS = { cover: 'cover', contain: 'inside', fill: 'fill' } as const;
const POSITIONS: Readonly<Record<string, string>> = {
  no: 'north',
  so: 'south',
  ea: 'east',
  we: 'west',
  noea: 'northeast',
  nowe: 'northwest',
  soea: 'southeast',
  sowe: 'southwest',
  ce: 'centre',
  sm: 'attention',
};
const SAME_FORMAT = new Set(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff']);

type SharpModule = (path: string, options: { animated: boolean; limitInputPixels: number }) => Sharp;

/**
 * Transforms an image file with sharp, which a project installs if it wants this.
 *
 * @param accept the client's Accept header, which chooses the format when the transformation does not
 * @throws StorageError when sharp is not installed, or the file is no image that it can read
 */
export async function renderImage(
  path: string,
  transformation: Transformation,
  accept: string,
): Promise<RenderedImage> {
  const sharp = await loadSharp();
  const { resize = 'cover', quality = DEFAULT_QUALITY, gravity } = transformation;
  const [width, height] = [clampSide(transformation.width), clampSide(transformation.height)];
  try {
    const image = sharp(path, { animated: true, limitInputPixels: MAX_PIXELS });
    const { format: source } = await image.metadata();
    const format = chooseFormat(source === 'heif' ? 'avif' : source, transformation.format, accept);
    if (width !== undefined || height !== undefined)
      image.autoOrient().resize({
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
        fit: FITS[resize],
        withoutEnlargement: resize !== 'fill',
        ...(gravity && POSITIONS[gravity] ? { position: POSITIONS[gravity] } : {}),
      });
    const bytes = await image.toFormat(format, format === 'png' ? {} : { quality }).toBuffer();
    return { bytes, contentType: `image/${format}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    throw new StorageError(
      422,
      'InvalidRequest',
      message.includes('pixel limit')
        ? 'The source image resolution is too large to process'
        : 'The source image is invalid or unsupported for rendering',
      { cause: error },
    );
  }
}

function chooseFormat(source: string, wanted: Transformation['format'], accept: string): OutputFormat {
  if (wanted === 'avif' || wanted === 'webp') return wanted;
  if (wanted === undefined && accept.includes('image/webp')) return 'webp';
  return SAME_FORMAT.has(source) ? (source as OutputFormat) : 'png';
}

type OutputFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff';

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
