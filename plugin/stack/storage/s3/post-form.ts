import { StorageError, storageErrors } from '../errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { readForm, type FormFields, type FormFile } from '../http/form.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { signatureMismatch } from './chunked-body.ts';
import type { S3Credentials } from './credentials.ts';
import { checkPostPolicy } from './post-policy.ts';
import { readUserMetadata } from './request.ts';
import { sendEmpty } from './respond.ts';
import { isPolicySignatureValid, readFormSignature } from './signature.ts';
import { storeContent } from './store-content.ts';

interface FormRequest extends Pick<Exchange, 'req' | 'res'> {
  /** Path and query, as SQL sees them. */
  readonly url: string;
  readonly bucket: string;
}

// A form signed by an SDK has eight fields before those of the application.
const MAX_FIELDS = 20;

/**
 * A browser's upload by form: the fields before the file carry a signed policy.
 *
 * @throws StorageError
 */
export async function postForm(
  objects: ObjectStore,
  credentials: S3Credentials,
  { req, res, url, bucket }: FormRequest,
): Promise<void> {
  let etag: string | undefined;
  const store = async (file: FormFile): Promise<void> => {
    const fields = lowerCaseNames(file.before);
    if (file.hasRepeatedField || fields.size < file.before.size)
      throw storageErrors.invalidSignature('Duplicate form field in POST policy request');
    const client = readFormSignature(fields);
    const policy = fields.get('policy');
    if (policy === undefined) throw storageErrors.invalidSignature('Invalid signature format');
    if (!isPolicySignatureValid(client, policy, credentials.secretOf(client))) throw signatureMismatch();
    const { minSize, maxSize } = checkPostPolicy(policy, fields, bucket);
    const { method = '', headers } = req;
    const caller = await credentials.callerOf(client, headers);
    const scope = { caller, operation: 'storage.s3.upload', method, url, headers };
    const content = atLeast(minSize, file.content);
    const row = await storeContent(
      objects,
      { bucket, scope, content, contentLength: undefined },
      {
        name: fields.get('key') ?? '',
        mimeType: fields.get('content-type') ?? file.mimeType,
        cacheControl: fields.get('cache-control') ?? 'no-cache',
        userMetadata: readUserMetadata(fields) ?? {},
        maxSize,
      },
    );
    etag = row.metadata?.eTag;
  };
  await readForm(req, store, MAX_FIELDS);
  sendEmpty({ res }, 200, etag === undefined ? {} : { etag });
}

function lowerCaseNames(fields: FormFields): FormFields {
  return new Map([...fields].map(([name, value]) => [name.toLowerCase(), value]));
}

/** @throws StorageError EntityTooSmall with Amazon's message; Storage does not enforce the sizes of a policy */
async function* atLeast(size: number, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = size;
  for await (const chunk of source) {
    left -= chunk.length;
    yield chunk;
  }
  const message = 'Your proposed upload is smaller than the minimum allowed size';
  if (left > 0) throw new StorageError(400, 'EntityTooSmall', message);
}
