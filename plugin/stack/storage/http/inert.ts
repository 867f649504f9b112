import type { ServerResponse } from 'node:http';

// Styles and embedded pictures of a document stay. Without `allow-scripts`, no sandbox below runs a script.
const PASSIVE =
  "default-src 'none'; img-src data:; media-src 'self'; style-src 'unsafe-inline'; font-src data:; " +
  "base-uri 'none'; form-action 'none'";
const DOCUMENT = `${PASSIVE}; sandbox allow-downloads`;
// The page that a browser makes for a video loads it once more, which only its own origin may.
const MEDIA = `${PASSIVE}; sandbox allow-downloads allow-same-origin`;
// Chromium shows no PDF in a sandbox. Its viewer is a page of the browser's own.
const PDF = `${PASSIVE}; object-src 'self'`;

/** One type, at most with parameters. Browsers take the last of several, and guess for a malformed one. */
const TYPE = /^[\t ]*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)[\t ]*(?:;[^,]*)?$/;
const OPAQUE = 'application/octet-stream';

/**
 * Makes a response inert in browsers, whatever a handler puts into it: nothing from a bucket runs a script on the origin
 * that serves it, which is the app's own here. On Supabase, Storage has an origin of its own instead.
 *
 * `writeHead` is the one point that all headers pass, also those that Node writes implicitly at the first byte.
 */
export function makeInert(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res) as (status: number, ...rest: unknown[]) => ServerResponse;
  res.writeHead = (status: number, ...rest: unknown[]): ServerResponse => {
    const type = res.getHeader('content-type');
    const essence = type === undefined ? undefined : essenceOf(String(type));
    if (type !== undefined && !isWhole(essence)) res.setHeader('content-type', OPAQUE);
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('content-security-policy', policyFor(essence));
    return writeHead(status, ...rest);
  };
}

/** The type without parameters, in lower case; undefined for a malformed one. */
function essenceOf(type: string): string | undefined {
  return TYPE.exec(type)?.[1]?.toLowerCase();
}

/** Whether a body of this type is one document: the parts of a multipart body have types of their own. */
function isWhole(essence: string | undefined): boolean {
  return essence !== undefined && !/^(?:multipart|message)\//.test(essence);
}

function policyFor(essence: string | undefined): string {
  if (essence === 'application/pdf') return PDF;
  return essence !== undefined && /^(?:audio|video)\//.test(essence) ? MEDIA : DOCUMENT;
}

// What browsers run scripts in, run as a script, or guess the type of.
const ACTIVE = /html|xml|xsl|svg|script|^(?:multipart|message)\/|mimearchive|unknown|\*/;

/** Whether a browser could run a script in a body of this type; also for malformed types. */
export function isActiveType(type: string): boolean {
  const essence = essenceOf(type);
  return essence === undefined || ACTIVE.test(essence);
}
