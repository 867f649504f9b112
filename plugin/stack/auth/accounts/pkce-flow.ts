import type { Db } from '../db/database.ts';
import { insertFlowState } from '../db/flow-states.ts';
import type { User } from '../db/users.ts';
import { parseChallengeMethod, type CodeChallenge } from '../secrets/pkce.ts';

interface Flow {
  readonly providerType: string;
  /** The method by which the flow will sign in, such as `magiclink`. */
  readonly method: string;
}

/** Begins a PKCE flow of this user, if the client asked for one. @returns whether it did */
export async function beginPkceFlow(
  db: Db,
  user: User,
  { providerType, method }: Flow,
  { challenge, method: challengeMethod }: CodeChallenge,
): Promise<boolean> {
  if (challenge === '') return false;
  const flow = { provider_type: providerType, authentication_method: method, user_id: user.id };
  await insertFlowState(db, flow, { challenge, method: parseChallengeMethod(challengeMethod) });
  return true;
}
