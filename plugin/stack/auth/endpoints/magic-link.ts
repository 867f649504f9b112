import { sendMagicLink } from '../accounts/magic-link.ts';
import type { Context } from '../app.ts';
import { badRequest } from '../errors.ts';
import { parseParams, type Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readText } from '../http/request.ts';

// GoTrue v2.196 internal/api/magic_link.go

const MAGIC_LINK = {
  name: 'MagicLinkParams',
  fields: {
    email: 'string',
    data: 'object',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

/** POST /magiclink: what POST /otp does for an address, with other messages for a malformed body. */
export async function magicLink(ctx: Context): Promise<Reply> {
  await sendMagicLink(ctx, readMagicLink(readText(ctx.req)));
  return json({});
}

/** GoTrue reads this body from a stream, whose errors differ from those of a complete text. */
function readMagicLink(text: string): Params<typeof MAGIC_LINK.fields> {
  try {
    return parseParams(text, MAGIC_LINK);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[^:]*: /, '') : '';
    const end = text.trim() === '' ? 'EOF' : 'unexpected EOF';
    const streamed = reason.replace('unexpected end of JSON input', end);
    throw badRequest('bad_json', `Could not read verification params: ${streamed}`);
  }
}
