import { createHash, createHmac } from 'node:crypto';
import { LOCAL_KEYS } from '../../../../plugin/stack/keys.ts';

/** The credentials of a signature; the CLI's static keys by default. */
export interface S3Keys {
  readonly accessKey: string;
  readonly secret: string;
  readonly sessionToken?: string;
}

const STATIC_KEYS: S3Keys = { accessKey: LOCAL_KEYS.s3AccessKey, secret: LOCAL_KEYS.s3SecretKey };

/**
 * A presigned URL of the S3 protocol (AWS Signature Version 4). Does not use the tested code.
 *
 * @param url absolute, with the query to sign; its path is signed as it is
 */
export function presign(method: string, url: string, keys: S3Keys = STATIC_KEYS): string {
  const { pathname, search, host, origin } = splitUrl(url);
  const [longDate, scope] = dates();
  const parameters: [string, string][] = [
    ...new URLSearchParams(search),
    ['X-Amz-Credential', `${keys.accessKey}/${scope}`],
    ['X-Amz-Date', longDate],
    ['X-Amz-Expires', '3600'],
    ['X-Amz-SignedHeaders', 'host'],
    ...(keys.sessionToken === undefined
      ? []
      : [['X-Amz-Security-Token', keys.sessionToken] as [string, string]]),
  ];
  const query = parameters
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const canonical = [method, pathname, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', longDate, scope, hash].join('\n');
  return `${origin}${pathname}?${query}&X-Amz-Signature=${sign(scope, text, keys)}`;
}

/**
 * The fields of a browser's form with a signed policy that allows any content for an hour.
 *
 * @param further a condition to add, of any type
 */
export function signForm(
  fields: Readonly<Record<string, string>>,
  bucket: string,
  keys: S3Keys = STATIC_KEYS,
  further?: unknown,
): Record<string, string> {
  const [longDate, scope] = dates();
  const signed = {
    ...fields,
    'x-amz-credential': `${keys.accessKey}/${scope}`,
    'x-amz-date': longDate,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const conditions = [
    { bucket },
    ...Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value]),
  ];
  if (further !== undefined) conditions.push(further as string[]);
  const policy = { expiration: new Date(Date.now() + 3_600_000).toISOString(), conditions };
  const encoded = Buffer.from(JSON.stringify(policy)).toString('base64');
  return { ...signed, policy: encoded, 'x-amz-signature': sign(scope, encoded, keys) };
}

function dates(): [longDate: string, scope: string] {
  const longDate = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return [longDate, `${longDate.slice(0, 8)}/local/s3/aws4_request`];
}

function sign(scope: string, text: string, { secret }: S3Keys): string {
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Unlike `URL`, leaves the path as it is. */
function splitUrl(url: string): { origin: string; host: string; pathname: string; search: string } {
  const [, origin = '', host = '', pathname = '/', search = ''] =
    /^(https?:\/\/([^/?]+))([^?]*)(?:\?(.*))?$/.exec(url) ?? [];
  return { origin, host, pathname, search };
}

/** Percent-encoding of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
