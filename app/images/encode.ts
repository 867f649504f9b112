import { type Crop, cropArea, type Size } from './crop.ts';
import type { EncodedImage } from './encoded-image.ts';

const AVATAR_PX = 256;
const MAX_SIDE_PX = 1_600;
/** As the bucket `message-images` allows. */
const MAX_BYTES = 5 * 1024 * 1024;

/** How large a picture is, upright. @throws Error with a sentence for people, when the file is none */
export async function measureImage(file: Blob): Promise<Size> {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** A part of a picture as a small square. @throws Error with a sentence for people */
export async function encodeAvatar(file: Blob, crop: Crop): Promise<Blob> {
  const bitmap = await decode(file);
  const { left, top, side } = cropArea(bitmap, crop);
  const canvas = new OffscreenCanvas(AVATAR_PX, AVATAR_PX);
  const context = contextOf(canvas);
  // The initials behind it are not to shine through.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, AVATAR_PX, AVATAR_PX);
  context.drawImage(bitmap, left, top, side, side, 0, 0, AVATAR_PX, AVATAR_PX);
  bitmap.close();
  return toBlob(canvas, 'image/jpeg');
}

/** A picture for a message: at most 1,600 pixels a side. A GIF stays as it is, or it would stop moving. @throws Error with a sentence for people */
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
  if (blob.size > MAX_BYTES) throw new Error('This picture is too large: at most 5 MB can be sent.');
  return { blob, width, height };
}

/** "webp" for "image/webp": how stored files are named. */
export function extensionOf(blob: Blob): string {
  return blob.type === 'image/jpeg' ? 'jpg' : blob.type.replace('image/', '');
}

/** Upright, as the camera was held. */
async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Error(
      'This browser cannot show this file as a picture. JPEG, PNG, WebP and GIF work everywhere.',
    );
  }
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot scale pictures.');
  context.imageSmoothingQuality = 'high';
  return context;
}

/** WebP where the browser can write it (Safari cannot), otherwise `fallback`. */
async function toBlob(canvas: OffscreenCanvas, fallback: 'image/jpeg' | 'image/png'): Promise<Blob> {
  const webp = await canvas.convertToBlob({ type: 'image/webp', quality: 0.82 });
  return webp.type === 'image/webp' ? webp : canvas.convertToBlob({ type: fallback, quality: 0.85 });
}
