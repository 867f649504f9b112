/**
 * Headers (lower case) for one connection only, which nothing passes on and HTTP/2 does not have (RFC 9110 section 7.6.1,
 * RFC 9113 section 8.2.2).
 */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  // Node refuses it together with a Content-Length; the trailers themselves follow unannounced.
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
