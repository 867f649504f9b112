import type { StorageObservation } from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { callerOf, nameCaller } from '../facts/caller.ts';
import { quoteText } from '../facts/quote.ts';
import { createPolicy } from './create-policy.ts';
import { trimDot } from './text.ts';
import { explainToken, isAboutToken } from './tokens.ts';

/** A request that Storage refused; its policies are those of storage.objects and storage.buckets. */
export function explainStorage(observation: StorageObservation, now: number): Explanation | undefined {
  const { path, code, message, token } = observation;
  const { bucket } = objectOf(path);
  const subject = bucket === '' ? path : `bucket ${bucket}`;
  const base = { subject, level: 'problem' as const };
  if (/row-level security/i.test(message)) return { ...base, ...explainPolicy(observation) };
  if (code === 'EntityTooLarge')
    return {
      ...base,
      kind: 'upload-too-large',
      cause: `An upload to the bucket ${bucket} is larger than its file_size_limit or [storage] file_size_limit: ${trimDot(message)}.`,
      cure: 'Raise the limit.',
      code: `update storage.buckets set file_size_limit = 52428800 where id = ${quoteText(bucket)};`,
    };
  if (code === 'InvalidMimeType')
    return {
      ...base,
      kind: 'upload-type',
      cause: `The bucket ${bucket} does not accept this type: ${trimDot(message)}.`,
      cure: 'Send a contentType that it allows, or extend the list.',
      code: `update storage.buckets set allowed_mime_types = null where id = ${quoteText(bucket)};`,
    };
  if (code === 'NoSuchBucket')
    return {
      ...base,
      kind: 'bucket-missing',
      cause: `There is no bucket ${bucket}, or the caller may not see it.`,
      cure: 'Create it in supabase/config.toml.',
      code: `[storage.buckets.${tomlKey(bucket === '' ? 'name' : bucket)}]`,
    };
  if (isAboutToken(message)) return explainToken({ token, reason: message, now }, 'Storage');
  return undefined;
}

function explainPolicy({
  method,
  path,
  token,
}: StorageObservation): Pick<Explanation, 'kind' | 'cause' | 'cure' | 'code'> {
  const { bucket, name } = objectOf(path);
  const caller = callerOf(token);
  const table = path.startsWith('/bucket') ? 'buckets' : 'objects';
  const command = commandOf(method, path);
  const what = `${name === '' ? table : name}${bucket === '' ? '' : ` in the bucket ${bucket}`}`;
  const isOwn = 'owner_id = (select auth.uid()::text)';
  return {
    kind: 'upload-policy',
    cause: `${nameCaller(caller)} may not ${command} ${what}: no policy of storage.${table} for ${command} is true.`,
    cure: caller.role === 'anon' ? 'Sign in first, or create a policy.' : `Create a policy for ${command}.`,
    code: createPolicy({
      title: `${command} ${bucket === '' ? table : bucket}`,
      table: `storage.${table}`,
      command,
      role: caller.role,
      condition: bucket === '' ? isOwn : `bucket_id = ${quoteText(bucket)} and ${isOwn}`,
    }),
  };
}

const MOVE = /^\/object\/move(?:\?|$)/;
const COPY = /^\/object\/copy(?:\?|$)/;

function commandOf(method: string, path: string): 'insert' | 'update' | 'delete' {
  if (method === 'DELETE') return 'delete';
  const isSigned = path.startsWith('/object/upload/sign/');
  return MOVE.test(path) || (method === 'PUT' && !isSigned) ? 'update' : 'insert';
}

const OBJECT =
  /^\/object\/(?:(?:upload\/sign|sign|list|list-v2|public|authenticated|info(?:\/public|\/authenticated)?)\/)?([^/?]+)\/?([^?]*)/;

/** Bucket and object that a path names; empty where it names none, as those of requests with the names in the body. */
export function objectOf(path: string): { readonly bucket: string; readonly name: string } {
  const [, bucket = '', name = ''] = (!MOVE.test(path) && !COPY.test(path) && OBJECT.exec(path)) || [];
  return { bucket: decode(bucket), name: decode(name) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tomlKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}
