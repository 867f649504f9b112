import { setImmediate } from 'node:timers/promises';
import { bodyOf, checkContentType } from '../http/body.ts';
import { header, sendJson, type Exchange } from '../http/exchange.ts';
import { storageErrors } from '../errors.ts';
import { checkBucketName, checkMimeType, checkNewObjectName, isEmptyFolderFile } from '../names.ts';
import { checkRobotsTag } from './robots-tag.ts';
import type { Bucket } from '../buckets/buckets.ts';
import { readForm, type FormFields } from '../http/form.ts';
import type { KnownMetadata, ObjectDraft, ObjectStore, StoredContent } from '../objects/object-store.ts';
import type { ObjectRow, UserMetadata } from '../objects/row.ts';
import type { SignedTokens } from '../objects/signed-token.ts';

const USER_METADATA_LIMIT = 1024 * 1024;

/** Uploads by POST and PUT, with a token or with a signed URL. */
export class Uploads {
  readonly #objects: ObjectStore;
  readonly #tokens: SignedTokens;

  constructor(objects: ObjectStore, tokens: SignedTokens) {
    this.#objects = objects;
    this.#tokens = tokens;
  }

  create = async (exchange: Exchange): Promise<void> => {
    await this.#answer(exchange, header(exchange.req, 'x-upsert') === 'true');
  };

  /** PUT replaces or creates. */
  replace = async (exchange: Exchange): Promise<void> => {
    await this.#answer(exchange, true);
  };

  /** Who signed the URL was checked then: the upload itself is the service's, and its owner is who signed. */
  withSignedUrl = async (exchange: Exchange): Promise<void> => {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const token = exchange.query.get('token') ?? '';
    const claims = await this.#tokens.verify(token, `${bucket}/${name}`, 'upload');
    const owner = typeof claims.owner === 'string' ? claims.owner : undefined;
    const asService = { ...exchange, caller: { ...exchange.caller, role: 'service_role' } };
    await this.#upload(asService, { bucket, name, owner, upsert: claims.upsert === true });
    sendJson(exchange.res, 200, { Key: `${bucket}/${name}` });
  };

  async #answer(exchange: Exchange, upsert: boolean): Promise<void> {
    const { bucket = '', '*': name = '' } = exchange.params;
    checkBucketName(bucket);
    const row = await this.#upload(exchange, { bucket, name, owner: exchange.caller.owner, upsert });
    sendJson(exchange.res, 200, { Key: `${bucket}/${name}`, Id: row.id });
  }

  async #upload(exchange: Exchange, target: Omit<ObjectDraft, 'userMetadata'>): Promise<ObjectRow> {
    const { req } = exchange;
    checkContentType(req);
    const bucket = await this.#objects.buckets.get(target.bucket);
    const robotsTag = header(req, 'x-robots-tag');
    if (robotsTag !== undefined && robotsTag !== '') checkRobotsTag(robotsTag);
    const isForm = req.headers['content-type']?.startsWith('multipart/form-data') === true;
    const received = isForm
      ? await this.#receiveForm(exchange, target, bucket)
      : await this.#receiveBody(exchange, target, bucket);
    const content = { ...received.content, robotsTag: robotsTag === '' ? undefined : robotsTag };
    const draft = { ...target, userMetadata: received.userMetadata };
    return this.#objects.save(exchange, draft, content, received.check);
  }

  async #receiveBody(
    exchange: Exchange,
    target: Omit<ObjectDraft, 'userMetadata'>,
    bucket: Bucket,
  ): Promise<Received> {
    const { req } = exchange;
    const mimeType = req.headers['content-type'] ?? 'application/octet-stream';
    if (!isEmptyFolderFile(target.name)) checkMimeType(mimeType, bucket.allowedMimeTypes);
    const userMetadata = parseUserMetadata(header(req, 'x-metadata')) ?? {};
    const contentLength = contentLengthOf(exchange);
    const limit = this.#objects.sizeLimit(bucket, target.name);
    if (contentLength !== undefined && contentLength > limit) throw storageErrors.tooLarge();
    checkNewObjectName(target.bucket, target.name);
    const known = { mimetype: mimeType, contentLength };
    const isLarge = !isSmall(contentLength);
    if (isLarge) await this.#objects.checkWrite(exchange, { ...target, userMetadata }, known);
    const { blob } = await this.#objects.blobs.store((writer) => writer.writeAll(bodyOf(req), limit));
    return {
      content: { blob, mimeType, cacheControl: header(req, 'cache-control') ?? 'no-cache' },
      userMetadata,
      check: isLarge ? undefined : known,
    };
  }

  async #receiveForm(
    exchange: Exchange,
    target: Omit<ObjectDraft, 'userMetadata'>,
    bucket: Bucket,
  ): Promise<Received> {
    const limit = this.#objects.sizeLimit(bucket, target.name);
    const contentLength = contentLengthOf(exchange);
    const isLarge = !isSmall(contentLength);
    const checkType = (type: string): void => {
      if (!isEmptyFolderFile(target.name)) checkMimeType(type, bucket.allowedMimeTypes);
    };
    const { blob, result } = await this.#objects.blobs.store(async (writer) => {
      let partType = '';
      let asked = '';
      const fields = await readForm(exchange.req, async (file, type, early) => {
        partType = type;
        // Fields that came in one piece with the file are known then, wherever they stand.
        await setImmediate();
        const mimetype = early.get('contentType') || type;
        checkType(mimetype);
        checkNewObjectName(target.bucket, target.name);
        const draft = { ...target, userMetadata: formMetadata(early) };
        if (isLarge) {
          await this.#objects.checkWrite(exchange, draft, { mimetype, contentLength });
          asked = JSON.stringify([mimetype, draft.userMetadata]);
        }
        await writer.writeAll(file, limit);
      });
      // Fields may follow the file, and count as well: what they say is checked before anything is kept.
      const mimeType = fields.get('contentType') || partType;
      checkType(mimeType);
      const userMetadata = formMetadata(fields);
      const wasAsked = asked === JSON.stringify([mimeType, userMetadata]);
      return { mimeType, cacheControl: maxAge(fields), userMetadata, wasAsked };
    });
    const { mimeType, cacheControl, userMetadata, wasAsked } = result;
    const check = wasAsked ? undefined : { mimetype: mimeType, contentLength };
    return { content: { blob, mimeType, cacheControl }, userMetadata, check };
  }
}

interface Received {
  readonly content: StoredContent;
  readonly userMetadata: UserMetadata;
  /** What to ask the policies with; undefined when they were asked before. */
  readonly check: KnownMetadata | undefined;
}

// Up to here the policies are asked with the row, which saves a transaction; more is not taken from somebody who may
// not store it.
const SMALL_BODY = 1024 * 1024;

function isSmall(contentLength: number | undefined): boolean {
  return contentLength !== undefined && contentLength <= SMALL_BODY;
}

function maxAge(fields: FormFields): string {
  const seconds = fields.get('cacheControl');
  return seconds ? `max-age=${seconds}` : 'no-cache';
}

function formMetadata(fields: FormFields): UserMetadata {
  const text = fields.get('metadata') ?? fields.get('userMetadata');
  if (text === undefined) return {};
  if (Buffer.byteLength(text) > USER_METADATA_LIMIT) throw storageErrors.tooLarge('user_metadata');
  return parseJsonObject(text) ?? {};
}

/** Header `x-metadata`: JSON in base64. What is neither is taken as nothing, as by the Storage API. */
export function parseUserMetadata(value: string | undefined): UserMetadata | undefined {
  return value === undefined ? undefined : parseJsonObject(Buffer.from(value, 'base64').toString('utf8'));
}

function parseJsonObject(text: string): UserMetadata | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as UserMetadata)
      : undefined;
  } catch {
    return undefined;
  }
}

function contentLengthOf({ req }: Exchange): number | undefined {
  const length = Number(req.headers['content-length'] ?? NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}
