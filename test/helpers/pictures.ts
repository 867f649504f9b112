import sharp from 'sharp';

interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  readonly format?: 'jpeg' | 'png' | 'webp';
}

/** A picture of one colour, as a file for `setInputFiles`. */
export async function makePicture(
  name: string,
  background: string,
  { width = 640, height = 480, format = 'jpeg' }: PictureOptions = {},
): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const pixels = sharp({ create: { width, height, channels: 3, background } });
  return { name, mimeType: `image/${format}`, buffer: await pixels.toFormat(format).toBuffer() };
}

/** A photograph like one from an upright phone: landscape pixels, with EXIF orientation and location. */
export async function makeUprightPhoto(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const buffer = await sharp({ create: { width: 3_000, height: 2_000, channels: 3, background: '#2f7236' } })
    .jpeg()
    .withExif({ IFD0: { Make: 'Camera' }, IFD3: { GPSLatitude: '47/1 22/1 0/1', GPSLatitudeRef: 'N' } })
    .withMetadata({ orientation: 6 })
    .toBuffer();
  return { name: 'photo.jpg', mimeType: 'image/jpeg', buffer };
}
