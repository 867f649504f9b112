// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel.ex (`maybe_assign_policies`)
import { PolicyError, type Policies, type PolicyChecker, type PolicyQuestion } from './policies.ts';

/** The token may not read a private topic. The message is the one that Realtime sends. */
class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
}

export function unauthorized(topic: string, cause?: unknown): UnauthorizedError {
  return new UnauthorizedError(`You do not have permissions to read from this Channel topic: ${topic}`, {
    cause,
  });
}

/**
 * What the token may read of a private topic: broadcasts, and presence if `isPresenceEnabled`.
 *
 * @throws UnauthorizedError when it may read nothing
 */
export async function readPolicies(
  checker: PolicyChecker,
  question: PolicyQuestion,
  isPresenceEnabled: boolean,
): Promise<Policies> {
  const policies = await checker
    .read(question, isPresenceEnabled ? ['broadcast', 'presence'] : ['broadcast'])
    .catch((error: unknown) => {
      if (error instanceof PolicyError) throw unauthorized(question.topic, error);
      throw error;
    });
  if (!policies.broadcast.read && !policies.presence.read) throw unauthorized(question.topic);
  return policies;
}

/** The error to send for a failure of `readPolicies` or of the database. `code` is undefined for unexpected errors. */
export function describeFailure(error: unknown): { code: string | undefined; message: string } {
  if (error instanceof UnauthorizedError) return { code: 'Unauthorized', message: error.message };
  const message = 'Realtime was unable to connect to the project database';
  const isConnection = error instanceof Error && 'code' in error;
  return { code: isConnection ? 'UnableToConnectToProject' : undefined, message };
}
