import { PolicyError, type Policies, type PolicyQuestion } from './policies.ts';
import type { Realtime } from '../server.ts';

/** A private topic that the token may not read; the message is the original's. */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
}

export function unauthorized(topic: string, cause?: unknown): UnauthorizedError {
  return new UnauthorizedError(`You do not have permissions to read from this Channel topic: ${topic}`, {
    cause,
  });
}

/**
 * What the token may read of a private topic.
 *
 * @throws UnauthorizedError when that is nothing
 */
export async function readPolicies(
  realtime: Realtime,
  question: PolicyQuestion,
  isPresenceEnabled: boolean,
): Promise<Policies> {
  const policies = await realtime.policies
    .read(question, isPresenceEnabled ? ['broadcast', 'presence'] : ['broadcast'])
    .catch((error: unknown) => {
      if (error instanceof PolicyError) throw unauthorized(question.topic, error);
      throw error;
    });
  if (!policies.broadcast.read && !policies.presence.read) throw unauthorized(question.topic);
  return policies;
}

/** The text for what the database answers, or that it does not. */
export function describeFailure(error: unknown): { code: string | undefined; message: string } {
  if (error instanceof UnauthorizedError) return { code: 'Unauthorized', message: error.message };
  const message = 'Realtime was unable to connect to the project database';
  const isConnection = error instanceof Error && 'code' in error;
  return { code: isConnection ? 'UnableToConnectToProject' : undefined, message };
}
