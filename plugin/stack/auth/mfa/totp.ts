import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { encode } from 'uqr';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD_SECONDS = 30;
const MODULE_PIXELS = 3;
const QUIET_MODULES = 4;

/** A secret of 160 bits in base32, as authenticator apps read it. */
export function createTotpSecret(): string {
  const bits = Array.from(randomBytes(20), (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((group) => BASE32[Number.parseInt(group, 2)]).join('');
}

/** The address that an authenticator app reads from the QR code. */
export function totpUri(issuer: string, account: string, secret: string): string {
  const label = `${escapePath(issuer)}:${escapePath(account)}`;
  return `otpauth://totp/${label}?algorithm=SHA1&digits=6&issuer=${escapePath(issuer)}&period=${PERIOD_SECONDS}&secret=${secret}`;
}

/** RFC 6238 with SHA-1 and six digits; a step to either side is accepted. */
export function verifyTotp(secret: string, code: string, now: number = Date.now()): boolean {
  const step = Math.floor(now / 1000 / PERIOD_SECONDS);
  const given = Buffer.from(code.trim());
  const results = [step - 1, step, step + 1].map((counter) => {
    const expected = Buffer.from(totpCode(secret, counter));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return results.includes(true);
}

/** The code of one 30-second step (RFC 4226). */
export function totpCode(secret: string, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac('sha1', decodeBase32(secret)).update(message).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The QR code as SVG. Colours have names: clients put the text into a data URL, where "#" would end it. */
export function qrCodeSvg(text: string): string {
  const { data, size } = encode(text, { ecc: 'H', border: 0 });
  const side = (size + 2 * QUIET_MODULES) * MODULE_PIXELS;
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!data[y]?.[x]) continue;
      const [left, top] = [x, y].map((position) => (position + QUIET_MODULES) * MODULE_PIXELS);
      path += `M${left} ${top}h${MODULE_PIXELS}v${MODULE_PIXELS}h-${MODULE_PIXELS}z`;
    }
  }
  return (
    `<?xml version="1.0"?>\n<svg width="${side}" height="${side}" xmlns="http://www.w3.org/2000/svg">` +
    `<rect width="${side}" height="${side}" fill="white"/><path d="${path}" fill="black"/></svg>\n`
  );
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text.replaceAll('=', '').toUpperCase(), (character) =>
    Math.max(0, BASE32.indexOf(character)).toString(2).padStart(5, '0'),
  ).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function escapePath(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%40', '@');
}
