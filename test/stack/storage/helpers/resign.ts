import { createHash, createHmac } from 'node:crypto';
import { LOCAL_KEYS } from '../../../../plugin/stack/keys.ts';

/**
 * Signs a recorded S3 request again (AWS Signature Version 4), because the id in its path differs in each run. Does not
 * use the tested code.
 *
 * @param path with the query
 * @param headers by lower-case name, with the recorded `authorization`
 * @returns the value of `authorization`
 */
export function resign(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const { authorization = '' } = headers;
  const [, key = '', scope = '', names = ''] =
    /Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+)/.exec(authorization) ?? [];
  const [pathname = '', query = ''] = path.split('?', 2);
  const canonical = [
    method,
    pathname,
    query.split('&').toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash].join('\n');
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${LOCAL_KEYS.s3SecretKey}`);
  const signature = hmac(signingKey, text).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
