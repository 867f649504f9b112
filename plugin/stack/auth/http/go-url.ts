/** An address as Go's `url.Parse` reads it. */
export interface GoUrl {
  /** In lower case; '' for a relative address. */
  readonly scheme: string;
  /** As written, without brackets, user and port. */
  readonly hostname: string;
  readonly port: string;
  /** What comes after "#", '' without it. */
  readonly fragment: string;
}

// Go's net/url

const CONTROL = /[\u0000-\u001f\u007f]/; // oxlint-disable-line no-control-regex -- these are what Go refuses
const ESCAPE = /%(?![\da-f]{2})/i;
const USERINFO = /^[\w.~:!$&'()*+,;=%@-]*$/;
// In a host, Go accepts percent-encoding of bytes above ASCII only.
const HOST = /^(?:[\w.~!$&'()*+,;=:[\]<>"-]|[^\u0000-\u007f]|%[89a-f][\da-f])*$/i; // oxlint-disable-line no-control-regex

/**
 * Reads an address as GoTrue does, before it decides whether to redirect there. WHATWG's parser, which is that of browsers,
 * repairs what Go refuses: backslashes, control characters, percent signs without two digits.
 *
 * @returns undefined for an address that Go refuses
 */
export function parseGoUrl(text: string): GoUrl | undefined {
  if (CONTROL.test(text)) return undefined;
  const [beforeFragment, fragment = ''] = cut(text, '#');
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(beforeFragment)?.[1] ?? '';
  const rest = cut(scheme === '' ? beforeFragment : beforeFragment.slice(scheme.length + 1), '?')[0];
  if (scheme === '' && !rest.startsWith('/') && /^[^/]*:/.test(rest)) return undefined;
  const authority = /^\/\/([^/]*)/.exec(rest)?.[1];
  const path = authority === undefined ? rest : rest.slice(authority.length + 2);
  const host = authority === undefined ? { hostname: '', port: '' } : parseAuthority(authority);
  // Without a slash the rest is opaque, which Go does not decode.
  const isDecoded = scheme === '' || rest.startsWith('/');
  if (!host || ESCAPE.test(fragment) || (isDecoded && ESCAPE.test(path))) return undefined;
  return { scheme: scheme.toLowerCase(), ...host, fragment };
}

function parseAuthority(authority: string): Pick<GoUrl, 'hostname' | 'port'> | undefined {
  const at = authority.lastIndexOf('@');
  const [user, host] = [authority.slice(0, Math.max(at, 0)), authority.slice(at + 1)];
  if (!USERINFO.test(user) || ESCAPE.test(user) || !HOST.test(host)) return undefined;
  const match = host.startsWith('[')
    ? /^\[([^\]]*)\](?::(\d*))?$/.exec(host)
    : /^(.*?)(?::(\d*))?$/.exec(host);
  const [, hostname, port = ''] = match ?? [];
  if (hostname === undefined || (!host.startsWith('[') && /[:[\]]/.test(hostname))) return undefined;
  return { hostname, port };
}

function cut(text: string, separator: string): [string, string?] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
