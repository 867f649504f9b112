/** A part of a URL for people; as it is where it is not percent-encoded well. */
export function decode(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
