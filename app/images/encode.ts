import { type Crop, cropArea, type Size } from './crop.ts';
import type { EncodedImage } from './encoded-image.ts';

const AVATAR_PX = 256;
const MAX_SIDE_PX = 1_600;
/** The size limit of the bucket `message-images`. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Size of a picture, upright.
 *
 * @throws Error with a message for the user if the file is not a picture
 */
export async function measureImage(file: Blob): Promise<Size> {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/**
 * Crops a picture to a square of 256 pixels.
 *
 * @throws Error with a message for the user
 */
export async function encodeAvatar(file: Blob, crop: Crop): Promise<Blob> {
  const bitmap = await decode(file);
  const { left, top, side } = cropArea(bitmap, crop);
  const canvas = new OffscreenCanvas(AVATAR_PX, AVATAR_PX);
  const context = contextOf(canvas);
  // Transparent pixels would show the initials behind the picture.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, AVATAR_PX, AVATAR_PX);
  context.drawImage(bitmap, left, top, side, side, 0, 0, AVATAR_PX, AVATAR_PX);
  bitmap.close();
  return toBlob(canvas, 'image/jpeg');
}

/**
 * Scales a picture to at most 1,600 pixels a side. A GIF is kept as it is, to keep its animation.
 *
 * @throws Error with a message for the user
 */
export async function encodeImage(file: Blob): Promise<EncodedImage> {
  const bitmap = await decode(file);
  const isAnimated = file.type === 'image/gif';
  const scale = isAnimated ? 1 : Math.min(1, MAX_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const fallback = file.type === 'image/jpeg' ? 'image/jpeg' : 'image/png';
  const blob = isAnimated ? file : await toBlob(canvas, fallback);
  if (blob.size > MAX_BYTES) throw new Error('This picture is too large. The limit is 5 MB.');
  return { blob, width, height };
}

/** File extension for a stored picture: "webp" for "image/webp". */
export function extensionOf(blob: Blob): string {
  return blob.type === 'image/jpeg' ? 'jpg' : blob.type.replace('image/', '');
}

/** Decodes a picture and applies the orientation of the camera. */
async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Error('This browser cannot open this file as a picture. Use JPEG, PNG, WebP or GIF.');
  }
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot resize pictures.');
  context.imageSmoothingQuality = 'high';
  return context;
}

/** WebP where the browser can write it (Safari cannot), otherwise `fallback`. */
async function toBlob(canvas: OffscreenCanvas, fallback: 'image/jpeg' | 'image/png'): Promise<Blob> {
  const webp = await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 });
  return webp.type === 'image/webp' ? webp : canvas.convertToBlob({ type: fallback, quality: 0.85 });
}
