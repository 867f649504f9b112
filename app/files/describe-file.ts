import { formatSize } from './format-size.ts';

/** "PDF · 1.2 MB": a long name is cut off, so what it ends with is said again. */
export function describeFile(name: string, bytes: number): string {
  const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase();
  return extension === undefined ? formatSize(bytes) : `${extension} · ${formatSize(bytes)}`;
}
