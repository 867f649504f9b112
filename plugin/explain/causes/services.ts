import type {
  FunctionObservation,
  GatewayObservation,
  RedirectObservation,
} from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { trimDot } from './text.ts';
import { explainToken } from './tokens.ts';

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

/** A call of an edge function that did not get through. */
export function explainFunction(
  { slug, status, message, token }: FunctionObservation,
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
  return {
    subject: `function ${slug}`,
    level: 'problem',
    kind: 'function-missing',
    cause: `There is no function ${slug} in supabase/functions.`,
    cure: 'Create it.',
    code: `npx vite-plugin-supabase functions new ${slug}`,
  };
}
