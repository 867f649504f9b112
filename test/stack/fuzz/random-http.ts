import { below, pick, type Random } from '../../helpers/random.ts';
import { randomJson } from './random-json.ts';

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PROPFIND',
  'CONNECT',
  'get',
  'G T',
  '',
];

const PATHS = [
  '/rest/v1/',
  '/rest/v1/items',
  '/rest/v1/items?id=eq.1&select=*,a(b)',
  '/rest/v1/rpc/nothing',
  '/graphql/v1',
  '/auth/v1/token?grant_type=password',
  '/auth/v1/token?grant_type=constructor',
  '/auth/v1/signup',
  '/auth/v1/otp',
  '/auth/v1/recover',
  '/auth/v1/verify?token=x&type=__proto__',
  '/auth/v1/user',
  '/auth/v1/admin/users',
  '/auth/v1/authorize?provider=github',
  '/auth/v1/callback?state=x',
  '/auth/v1/magiclink',
  '/auth/v1/logout?scope=global',
  '/auth/v1/factors',
  '/.well-known/oauth-authorization-server',
  '/realtime/v1/api/broadcast',
  '/realtime/v1/api/broadcast/t/events/e?private=true',
  '/realtime/v1/api/tenants/realtime-dev/health',
  '/realtime/v1/websocket?vsn=2.0.0',
  '/realtime/v1/nothing',
  '/storage/v1/bucket',
  '/storage/v1/object/public/public/a.txt',
  '/storage/v1/object/public/a%00b',
  '/storage/v1/object/list/public',
  '/storage/v1/object/sign/public/a?token=x',
  '/storage/v1/render/image/public/public/a?width=1',
  '/storage/v1/upload/resumable',
  '/storage/v1/upload/resumable/bm90aGluZw',
  '/storage/v1/s3/public/a?X-Amz-Signature=x',
  '/storage/v1/s3/public?list-type=2',
  '/functions/v1/nothing',
  '/__supabase/mail/',
  '/__supabase/mail/api/v1/messages',
  '/index.html',
];

const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  'text/csv',
  'text/plain',
  'application/octet-stream',
  'application/xml',
  'application/offset+octet-stream',
  '*/*',
  ';;;',
];

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['Prefer', ['return=representation', 'count=exact', 'tx=rollback, timezone=UTC', ',,;=']],
  ['Accept', ['application/vnd.pgrst.object+json', 'text/csv', '*/*;q=x', 'application/openapi+json']],
  ['Range', ['0-1', 'bytes=0-', 'bytes=-', '9-1']],
  ['Origin', ['http://localhost', 'null', 'https://evil.example', ':']],
  ['Cookie', ['sb-127-auth-token=base64-eyJ', 'a=%', ';;==']],
  ['Content-Encoding', ['gzip', 'br', 'x']],
  ['Expect', ['100-continue', 'x']],
  ['Upgrade', ['websocket', 'h2c', 'x']],
  ['Connection', ['Upgrade', 'close', 'keep-alive, x', 'content-length']],
  ['Transfer-Encoding', ['chunked', 'gzip, chunked', 'identity', 'chunked, chunked']],
  ['Content-Length', ['0', '1', '5', '99999', '-1', '1, 2', 'x', '18446744073709551616']],
  ['X-Forwarded-For', ['127.0.0.1', '1.2.3.4', ',']],
  ['X-Upsert', ['true', 'x']],
  ['Tus-Resumable', ['1.0.0', '9']],
  ['Upload-Length', ['5', '-1', 'x']],
  ['Upload-Offset', ['0', 'x']],
  ['Upload-Metadata', ['bucketName cHVibGlj,objectName YQ==', ', ,', 'bucketName %']],
  ['Sec-WebSocket-Key', ['dGhlIHNhbXBsZSBub25jZQ==', 'x']],
  ['Sec-WebSocket-Version', ['13', '8']],
  ['X-Client-Info', ['\u00ff', 'x'.repeat(20_000)]],
  ['If-None-Match', ['*', '"x"']],
];

/** A request as methods of it need it: the parts before they become bytes. */
export interface RandomHttp {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function randomHttp(random: Random, apikey: string): RandomHttp {
  const headers: [string, string][] = [];
  if (random() < 0.8) headers.push(['apikey', apikey]);
  if (random() < 0.3) {
    headers.push([
      'Authorization',
      pick(random, ['Bearer x.y.z', 'Bearer', 'Basic !', `Bearer ${apikey}`, 'AWS4-HMAC-SHA256 x']),
    ]);
  }
  if (random() < 0.8) headers.push(['Content-Type', pick(random, TYPES)]);
  for (let count = below(random, 4); count > 0; count--) {
    const [name, values] = pick(random, HEADERS);
    headers.push([name, pick(random, values)]);
  }
  let path = pick(random, PATHS);
  if (random() < 0.1)
    path += pick(random, ['/..', '%', '%00', '?a=%ff', '#', '//', '?select=((((', '\u00e4', '?__proto__=1']);
  const method = pick(random, METHODS.slice(0, random() < 0.9 ? 7 : undefined));
  return { method, path, headers, body: randomBody(random) };
}

function randomBody(random: Random): string {
  switch (below(random, 6)) {
    case 0:
      return '';
    case 1:
      return `--b\r\nContent-Disposition: form-data; name="${pick(random, ['file', '', 'key'])}"; filename="a"\r\n\r\nx\r\n--b${pick(random, ['--', ''])}\r\n`;
    case 2:
      return `a=1&b[c][]=${pick(random, ['%', '2', '%00'])}&grant_type=${pick(random, ['password', 'constructor', '__proto__'])}`;
    case 3:
      return `<a>${'<b>'.repeat(below(random, 2000))}`;
    default:
      return randomJson(random);
  }
}
