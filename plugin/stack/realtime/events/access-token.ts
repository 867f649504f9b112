import type { Channel } from '../connection/channel.ts';
import { describeFailure, readPolicies } from '../access/authorization.ts';
import type { Policies } from '../access/policies.ts';
import { TokenError, verifyToken } from '../access/tokens.ts';

/**
 * Handles event `access_token`: the channel goes on with another token, and everything that the old one allowed is asked
 * again. A token that is refused closes the channel, as in Supabase Realtime.
 */
export function replaceToken(channel: Channel, token: unknown): Promise<void> | undefined {
  if (typeof token !== 'string' || token.startsWith('sb_') || token === channel.token) return undefined;
  return applyToken(channel, token).catch((error: unknown) => {
    channel.shutDown(describeRefusal(error));
  });
}

async function applyToken(channel: Channel, token: string): Promise<void> {
  const { realtime, socket, name } = channel;
  channel.token = token;
  const claims = await verifyToken(realtime.jwt, token);
  const previous = channel.policies;
  const policies = channel.config.isPrivate
    ? await readPolicies(
        realtime,
        { topic: name, claims, headers: socket.headers },
        channel.isPresenceEnabled,
      )
    : undefined;
  if (!channel.topic) return;
  if (isRevoked(previous, policies)) {
    channel.shutDown(`You no longer have permission to read from this Channel topic: ${name}`);
    return;
  }
  channel.claims = claims;
  channel.policies = policies;
  channel.watchExpiry();
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
