import type { Policies, PolicyChecker } from '../access/policies.ts';
import type { Channel } from '../connection/channel.ts';

/** Checks a channel's write policies once per token and stores the result; undefined when already known. */
export function checkWritePolicies(checker: PolicyChecker, channel: Channel): Promise<void> | undefined {
  const { policies } = channel;
  if (!policies || policies.broadcast.write !== undefined) return undefined;
  return readWritePolicies(checker, channel, policies);
}

async function readWritePolicies(
  checker: PolicyChecker,
  channel: Channel,
  policies: Policies,
): Promise<void> {
  const write = await checker.write(channel.policyQuestion());
  channel.policies = {
    broadcast: { ...policies.broadcast, write: write.broadcast },
    presence: { ...policies.presence, write: write.presence },
  };
}
