/**
 * A picture ready to upload: scaled, and without metadata such as place and time. (Not in encode.ts, whose DOM
 * types the unit tests are compiled without.)
 */
export interface EncodedImage {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}
