import { request } from 'node:http';
import { createClient } from '@supabase/supabase-js';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const CONFIG = `
[storage.image_transformation]
enabled = true
[storage.buckets.pictures]
public = true
`;
// A 1 × 1 pixel PNG whose checksum is wrong.
const DAMAGED =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+/p94AAAAASUVORK5CYII=';
const DRAWING =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h40v20H0z"/></svg>';

let stack: StorageStack;
let pictures: ReturnType<ReturnType<typeof createClient>['storage']['from']>;

beforeAll(async () => {
  stack = await startStorageStack({ 'supabase/config.toml': CONFIG });
  const url = stack.url.replace('/storage/v1', '');
  const client = createClient(url, stack.services.keys.serviceRoleKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as never },
  });
  pictures = client.storage.from('pictures');
  // Red on the left, blue on the right.
  const halves = sharp({ create: { width: 200, height: 100, channels: 3, background: 'blue' } }).composite([
    { input: { create: { width: 100, height: 100, channels: 3, background: 'red' } }, left: 0, top: 0 },
  ]);
  const png = await halves.removeAlpha().png().toBuffer();
  await put('halves.png', png, 'image/png');
  await put('lying.jpg', await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 'image/jpeg');
  await put('halves.webp', await sharp(png).webp().toBuffer(), 'image/webp');
  await put('halves.tiff', await sharp(png).tiff().toBuffer(), 'image/tiff');
  await put('damaged.png', Buffer.from(DAMAGED, 'base64'), 'image/png');
  await put('drawing.svg', Buffer.from(DRAWING), 'image/svg+xml');
  await put('text.png', Buffer.from('no image'), 'image/png');
  await put('cut.png', png.subarray(0, 20), 'image/png');
  const wide = sharp({ create: { width: 7100, height: 7100, channels: 3, background: 'white' } });
  await put('bomb.png', await wide.png({ compressionLevel: 9 }).toBuffer(), 'image/png');
});

afterAll(() => stack.close());

test.each([
  ['width=100', 100, 100],
  ['width=100&height=100', 100, 100],
  ['width=100&resize=contain', 100, 50],
  ['width=10&height=50&resize=fill', 10, 50],
  ['width=400&height=400', 200, 100],
  ['', 200, 100],
])('?%s renders an image of %i × %i', async (query, width, height) => {
  expect(await render(`halves.png?${query}`)).toMatchObject({ status: 200, format: 'png', width, height });
});

test.each([
  ['gravity=we', 'red'],
  ['gravity=ea', 'blue'],
  ['gravity=fp&x_offset=0&y_offset=0', 'red'],
  ['gravity=fp&x_offset=1&y_offset=1', 'blue'],
  ['gravity=we&x_offset=120', 'blue'],
])('?%s keeps the %s part', async (query, color) => {
  const { bytes } = await render(`halves.png?width=50&height=100&${query}`);
  const { dominant } = await sharp(bytes).stats();
  expect(dominant.r > dominant.b ? 'red' : 'blue').toBe(color);
});

test('the format follows the Accept header, the query, the source', async () => {
  const browser = 'image/avif,image/webp,*/*';
  expect(await render('halves.png', browser)).toMatchObject({ type: 'image/webp', format: 'webp' });
  expect(await render('halves.png?format=origin', browser)).toMatchObject({
    type: 'image/png',
    format: 'png',
  });
  expect(await render('halves.png?format=webp')).toMatchObject({ type: 'image/webp', format: 'webp' });
  expect(await render('halves.png?format=avif')).toMatchObject({ type: 'image/avif', format: 'heif' });
  expect(await render('halves.png?format=avif&width=8&height=8')).toMatchObject({ type: 'image/jpeg' });
  expect(await render('halves.webp')).toMatchObject({ type: 'image/webp' });
  expect(await render('halves.tiff')).toMatchObject({ type: 'image/jpeg' });
});

test('the EXIF orientation is applied', async () => {
  expect(await render('lying.jpg?width=50&resize=contain')).toMatchObject({ width: 50, height: 100 });
});

test('lower quality makes fewer bytes', async () => {
  const [little, much] = await Promise.all(
    [20, 100].map((quality) => render(`lying.jpg?format=webp&quality=${quality}`)),
  );
  expect(little?.bytes.length).toBeLessThan(much?.bytes.length ?? 0);
});

test('the readable part of a damaged image is rendered, and an SVG is served unchanged', async () => {
  expect(await render('damaged.png?width=1&height=1')).toMatchObject({ status: 200, type: 'image/png' });
  const drawing = await render('drawing.svg?width=10', 'image/webp');
  expect([drawing.type, drawing.bytes.toString()]).toEqual(['image/svg+xml', DRAWING]);
  expect(await render('drawing.svg?format=webp&width=20')).toMatchObject({ type: 'image/webp', width: 20 });
});

test.each(['text.png', 'cut.png', 'bomb.png'])(
  'a file that cannot be rendered is refused: %s',
  async (name) => {
    const { status, bytes } = await render(`${name}?width=10`);
    expect([status, JSON.parse(bytes.toString())]).toEqual([
      400,
      {
        statusCode: '400',
        error: 'InvalidRequest',
        message: 'The source image is invalid or unsupported for rendering',
        code: 'InvalidRequest',
      },
    ]);
  },
);

test.each([
  ['width=-1', 'querystring/width must be >= 0'],
  ['quality=19', 'querystring/quality must be >= 20'],
  ['resize=stretch', 'querystring/resize must be equal to one of the allowed values'],
  ['format=gif', 'querystring/format must be equal to one of the allowed values'],
  ['gravity=fp', 'Focal point requires x and y coordinates within 0-1 range'],
])('an invalid transformation is refused: %s', async (query, message) => {
  const { status, bytes } = await render(`halves.png?${query}`);
  expect([status, JSON.parse(bytes.toString())]).toMatchObject([400, { message }]);
});

test('the response has the headers of the object, except its time', async () => {
  const { headers } = await render('halves.png?width=100&height=50&resize=fill&quality=70');
  const { headers: original } = await fetch(pictures.getPublicUrl('halves.png').data.publicUrl);
  expect(headers).toMatchObject({
    etag: original.get('etag'),
    'cache-control': original.get('cache-control'),
    'x-transformations': 'height:50,width:100,resizing_type:force,quality:70',
    'accept-ranges': 'bytes',
  });
  expect(headers).not.toHaveProperty('last-modified');
});

test('a signed URL determines the transformation', async () => {
  const { data } = await pictures.createSignedUrl('halves.png', 60, {
    transform: { width: 40, height: 40, quality: 50 },
  });
  const url = data?.signedUrl ?? '';
  expect(url).toContain('/render/image/sign/');
  const path = url.slice(url.indexOf('/render/image/'));
  expect(await send(path)).toMatchObject({ width: 40, height: 40 });
  for (const more of ['width=300', 'height=1', 'format=webp', 'transform=width:300', 'resize=fill&width=99'])
    expect(await send(`${path}&${more}`)).toMatchObject({ width: 40, height: 40, format: 'png' });
  const [head, claims = '', signature] = (path.split('token=')[1] ?? '').split('.');
  const widened = Buffer.from(claims, 'base64url').toString().replace('width:40', 'width:99');
  const forged = `${head}.${Buffer.from(widened).toString('base64url')}.${signature}`;
  expect((await send(`${path.split('token=')[0]}token=${forged}`)).status).toBe(400);
  // It gives access to the original image only where a plain signed URL does.
  expect((await send(path.replace('halves.png', 'lying.jpg'))).status).toBe(400);
});

async function put(name: string, bytes: Buffer, contentType: string): Promise<void> {
  const { error } = await pictures.upload(name, bytes, { contentType });
  expect(error).toBeNull();
}

interface Rendered {
  readonly status: number;
  readonly headers: object;
  readonly type: string | undefined;
  readonly bytes: Buffer;
  readonly width?: number;
  readonly height?: number;
  readonly format?: string;
}

function render(name: string, accept?: string): Promise<Rendered> {
  return send(`/render/image/public/pictures/${name}`, accept);
}

/** Like `fetch`, but without its default Accept header. */
function send(path: string, accept?: string): Promise<Rendered> {
  return new Promise((resolve, reject) => {
    const headers = accept === undefined ? {} : { accept };
    const req = request(stack.url + path, { headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      res.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const type = res.headers['content-type'];
        const answer = { status: res.statusCode ?? 0, headers: res.headers, type, bytes };
        if (type?.startsWith('image/') !== true) return resolve(answer);
        sharp(bytes)
          .metadata()
          .then(({ width, height, format }) => resolve({ ...answer, width, height, format }), reject);
      });
    });
    req.on('error', reject).end();
  });
}
