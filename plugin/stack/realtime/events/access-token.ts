// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel.ex (`handle_in("access_token", …)`)
import { describeFailure, readPolicies } from '../access/authorization.ts';
import type { Policies } from '../access/policies.ts';
import { TokenError, type VerifyToken } from '../access/tokens.ts';
import type { Channel } from '../connection/channel.ts';
import type { Realtime } from '../server.ts';

/**
 * Handles event `access_token`: replaces the channel's token and checks its policies and subscriptions again. A refused
 * token closes the channel.
 */
export function replaceToken(
  realtime: Realtime,
  channel: Channel,
  token: unknown,
  verifyToken: VerifyToken,
): Promise<void> | undefined {
  if (typeof token !== 'string' || token.startsWith('sb_') || token === channel.token) return undefined;
  return applyToken(realtime, channel, token, verifyToken).catch((error: unknown) => {
    channel.closeWithError(describeRefusal(error));
  });
}

async function applyToken(
  realtime: Realtime,
  channel: Channel,
  token: string,
  verifyToken: VerifyToken,
): Promise<void> {
  const { name } = channel;
  channel.token = token;
  const claims = await verifyToken(token);
  const previous = channel.policies;
  const question = { ...channel.policyQuestion(), claims };
  const policies = channel.config.isPrivate
    ? await readPolicies(realtime.policies, question, channel.isPresenceEnabled)
    : undefined;
  if (!channel.isJoined) return;
  if (isRevoked(previous, policies)) {
    channel.closeWithError(`You no longer have permission to read from this Channel topic: ${name}`);
    return;
  }
  channel.authorize(claims, policies);
  await realtime.changes.subscribe(channel);
}

function isRevoked(previous: Policies | undefined, current: Policies | undefined): boolean {
  const extensions = ['broadcast', 'presence'] as const;
  return extensions.some((name) => previous?.[name].read === true && current?.[name].read === false);
}

function describeRefusal(error: unknown): string {
  if (error instanceof TokenError && error.code === 'JwtSignatureError') return ':signature_error';
  if (error instanceof TokenError) return error.message;
  return describeFailure(error).message;
}
