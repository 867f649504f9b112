/** A picture as it is stored: scaled, and without what a camera writes along (where and when it was taken). */
export interface EncodedImage {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}
