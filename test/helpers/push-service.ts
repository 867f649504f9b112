import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { importJWK, jwtVerify } from 'jose';
import { SIGNED_CERTIFICATE } from './certificate.ts';

/** What a push service has been given for one browser. */
export interface Delivery {
  readonly headers: Readonly<Record<string, unknown>>;
  /** Decrypted, as the browser does it. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of the application that has signed the request. */
  readonly publicKey: string;
  readonly subject: string | undefined;
}

/** A browser that has subscribed. */
export interface PushDevice {
  /** The row of push_subscriptions. */
  readonly subscription: { readonly endpoint: string; readonly p256dh: string; readonly auth: string };
  readonly deliveries: Delivery[];
  /** Requests that were not as they should be. */
  readonly faults: string[];
}

/** A push service on loopback, with a certificate of `SIGNED_CERTIFICATE`'s authority. */
export interface PushService {
  /** Host and port. */
  readonly host: string;
  /** @param status what it answers for this browser; default 201 */
  subscribe(status?: number): PushDevice;
  close(): void;
}

export async function startPushService(): Promise<PushService> {
  const devices = new Map<
    string,
    (headers: Readonly<Record<string, unknown>>, body: Buffer) => Promise<number>
  >();
  const server = createServer(SIGNED_CERTIFICATE, (req, res) => {
    void buffer(req).then(async (body) => {
      const device = devices.get(req.url ?? '');
      res.writeHead(req.method === 'POST' && device ? await device(req.headers, body) : 405).end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    subscribe(status = 201) {
      const key = createECDH('prime256v1');
      key.generateKeys();
      const secret = randomBytes(16);
      const path = `/send/${randomBytes(8).toString('hex')}`;
      const device: PushDevice = {
        subscription: {
          endpoint: `https://${host}${path}`,
          p256dh: key.getPublicKey('base64url'),
          auth: secret.toString('base64url'),
        },
        deliveries: [],
        faults: [],
      };
      devices.set(path, async (headers, body) => {
        try {
          const [, token = '', publicKey = ''] =
            /^vapid t=(.+), k=(.+)$/.exec(String(headers.authorization)) ?? [];
          const subject = await verify(token, publicKey, `https://${host}`);
          device.deliveries.push({ headers, payload: decrypt(body, key, secret), publicKey, subject });
        } catch (error) {
          device.faults.push(String(error));
        }
        return status;
      });
      return device;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Checks the signature of an application (RFC 8292). @returns whom the push service may ask about it */
async function verify(token: string, publicKey: string, audience: string): Promise<string | undefined> {
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const key = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256');
  const { payload } = await jwtVerify(token, key, { audience, algorithms: ['ES256'] });
  if ((payload.exp ?? 0) - Date.now() / 1000 > 24 * 60 * 60) throw new Error('valid for more than a day');
  return payload.sub;
}

/** Decrypts a message of one record (RFC 8291, RFC 8188). */
function decrypt(
  body: Buffer,
  key: ReturnType<typeof createECDH>,
  secret: Buffer,
): Readonly<Record<string, unknown>> {
  const salt = body.subarray(0, 16);
  const end = 21 + body.readUInt8(20);
  const sender = body.subarray(21, end);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), key.getPublicKey(), sender]);
  const input = hkdfSync('sha256', key.computeSecret(sender), secret, info, 32);
  const derive = (name: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', Buffer.from(input), salt, `Content-Encoding: ${name}\0`, length));
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  decipher.setAuthTag(body.subarray(-16));
  const record = Buffer.concat([decipher.update(body.subarray(end, -16)), decipher.final()]);
  // 2 ends the text; zeros, which hide its length, may follow.
  const text = record.subarray(0, record.lastIndexOf(2)).toString();
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}
