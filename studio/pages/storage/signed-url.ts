import { askService } from '../../services.ts';
import { objectUrl } from './types.ts';

/** A path on this origin that reads an object without a key for some seconds. */
export async function signedUrl(bucket: string, path: string, expiresIn: number): Promise<string> {
  const { value } = await askService(objectUrl('sign/', bucket, path), {
    method: 'POST',
    body: { expiresIn },
  });
  const { signedURL } = value as { signedURL: string };
  const token = new URLSearchParams(signedURL.slice(signedURL.indexOf('?'))).get('token') ?? '';
  return `${objectUrl('sign/', bucket, path)}?token=${encodeURIComponent(token)}`;
}
