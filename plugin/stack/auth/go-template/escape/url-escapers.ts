// Go html/template/url.go

/** The beginning of a URL: one that could run a script becomes `#ZgotmplZ`. */
export function filterUrl(url: string): string {
  return isSafe(url) ? url : '#ZgotmplZ';
}

function isSafe(url: string): boolean {
  const scheme = /^([^:]*):/.exec(url)?.[1];
  return scheme === undefined || scheme.includes('/') || /^(?:https?|mailto)$/i.test(scheme);
}

/** Percent-encodes a URL; with `keepsSyntax` its own characters and escapes stay, otherwise it is a part of one. */
export function encodeUrl(text: string, { keepsSyntax }: { readonly keepsSyntax: boolean }): string {
  const encoded = keepsSyntax
    ? /%(?![0-9a-fA-F]{2})|[^!#$&*+,/:;=?@[\]\-._~%a-zA-Z0-9]+/g
    : /[^\-._~a-zA-Z0-9]+/g;
  return text.replaceAll(encoded, (part) => {
    return Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  });
}

/** A list of images, each a URL and what it is for. */
export function filterSrcset(text: string): string {
  return text
    .split(',')
    .map((element) => {
      const [, before = '', url = '', rest = ''] =
        /^([ \t\n\f\r]*)([^ \t\n\f\r]*)([^]*)$/.exec(element) ?? [];
      if (!isSafe(url) || !/^[ \t\n\f\ra-zA-Z0-9]*$/.test(rest)) return '#ZgotmplZ';
      return before + encodeUrl(url, { keepsSyntax: true }) + rest;
    })
    .join(',');
}
