import type {
  FunctionObservation,
  GatewayObservation,
  RedirectObservation,
  StorageObservation,
} from '../../shared/observations.ts';
import { decodeJwt } from '../../shared/jwt.ts';
import type { Explanation } from '../explanation.ts';
import { nameCaller } from '../facts/caller.ts';
import { quoteIfNeeded } from '../facts/quote.ts';
import { explainToken, isAboutToken } from './tokens.ts';

/** A refusal of the gateway, which has its own message and hint. */
export function explainGateway({
  transport,
  path,
  status,
  code,
  message,
  hint,
  origin,
}: GatewayObservation): Explanation {
  const what = transport === 'websocket' ? 'A WebSocket' : 'A request';
  const from = origin === undefined ? '' : ` from ${origin}`;
  return {
    kind: `gateway-${code}`,
    subject: path.split('?', 1)[0] ?? path,
    level: 'problem',
    cause: `${what}${from} to ${path.split('?', 1)[0]} was refused (${status} ${code}): ${trimDot(message)}.`,
    cure: hint ?? 'The code is explained in docs/errors.md.',
  };
}

/** Auth ignores a redirect that is not allowed, and uses the site instead. */
export function explainRedirect({ asked, used }: RedirectObservation): Explanation {
  const url = URL.canParse(asked) ? new URL(asked) : undefined;
  const pattern = url && url.origin !== 'null' ? `${url.origin}/**` : asked;
  return {
    kind: 'redirect-not-allowed',
    subject: url?.origin ?? asked,
    level: 'problem',
    cause: `Auth does not redirect to ${asked}, which is neither site_url nor in additional_redirect_urls, and uses ${used} instead.`,
    cure: 'Add it in supabase/config.toml.',
    code: `[auth] additional_redirect_urls = ["${pattern}"]`,
  };
}

/** A request that Storage refused; its policies are those of storage.objects. */
export function explainStorage(observation: StorageObservation, now: number): Explanation | undefined {
  const { method, path, code, message, token } = observation;
  const [, bucket = '', ...rest] =
    /^\/object\/(?:sign\/|list\/|upload\/sign\/|authenticated\/|public\/|info\/|move|copy)?([^/?]+)\/?([^?]*)/.exec(
      path,
    ) ?? [];
  const name = rest[0] ?? '';
  const subject = bucket === '' ? path : `bucket ${bucket}`;
  const base = { subject, level: 'problem' as const };
  if (/row-level security/i.test(message)) {
    const claims = decodeJwt(token ?? '')?.claims ?? {};
    const role = typeof claims.role === 'string' ? claims.role : 'anon';
    const isVisitor = role === 'anon';
    const command = method === 'DELETE' ? 'delete' : method === 'PUT' ? 'update' : 'insert';
    return {
      ...base,
      kind: 'upload-policy',
      cause: `${nameCaller({ role, claims })} may not ${command} ${name === '' ? 'objects' : name} in the bucket ${bucket}: no policy of storage.objects for ${command} is true.`,
      cure: isVisitor ? 'Sign in first, or create a policy.' : `Create a policy for ${command}.`,
      code: `create policy "${command} ${bucket}" on storage.objects for ${command} to ${quoteIfNeeded(role)} ${command === 'delete' ? 'using' : 'with check'} (bucket_id = '${bucket}' and owner_id = (select auth.uid()::text));`,
    };
  }
  if (code === 'EntityTooLarge')
    return {
      ...base,
      kind: 'upload-too-large',
      cause: `An upload to the bucket ${bucket} is larger than its file_size_limit or [storage] file_size_limit: ${trimDot(message)}.`,
      cure: 'Raise the limit.',
      code: `update storage.buckets set file_size_limit = 52428800 where id = '${bucket}';`,
    };
  if (code === 'InvalidMimeType')
    return {
      ...base,
      kind: 'upload-type',
      cause: `The bucket ${bucket} does not accept this type: ${trimDot(message)}.`,
      cure: 'Send a contentType that it allows, or extend the list.',
      code: `update storage.buckets set allowed_mime_types = null where id = '${bucket}';`,
    };
  if (code === 'NoSuchBucket')
    return {
      ...base,
      kind: 'bucket-missing',
      cause: `There is no bucket ${bucket}, or the caller may not see it.`,
      cure: 'Create it in supabase/config.toml.',
      code: `[storage.buckets.${bucket === '' ? 'name' : bucket}]`,
    };
  if (isAboutToken(message)) return explainToken({ token, reason: message, now }, 'Storage');
  return undefined;
}

/** A call of an edge function that did not get through. */
export function explainFunction(
  { slug, status, code, message, token }: FunctionObservation,
  now: number,
): Explanation {
  if (status === 401) {
    const explanation = explainToken({ token, reason: message, now }, `the function ${slug}`);
    return {
      ...explanation,
      cure: `${explanation.cure} Or let it be called without a token.`,
      code: `[functions.${slug}]\nverify_jwt = false`,
    };
  }
  const base = { subject: `function ${slug}`, level: 'problem' as const };
  if (status === 404)
    return {
      ...base,
      kind: 'function-missing',
      cause: `There is no function ${slug} in supabase/functions.`,
      cure: 'Create it.',
      code: `npx vite-plugin-supabase functions new ${slug}`,
    };
  return {
    ...base,
    kind: 'function-failed',
    cause: `The function ${slug} failed (${code}): ${trimDot(message)}.`,
    cure: 'Its output above names the line.',
  };
}

function trimDot(text: string): string {
  return text.replace(/\.$/, '');
}
