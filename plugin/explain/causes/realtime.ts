import type { RealtimeObservation } from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { callerOf, nameCaller } from '../facts/caller.ts';
import { qualified, quoteIfNeeded, quoteText } from '../facts/quote.ts';
import type { RelationFacts } from '../facts/relations.ts';
import type { PolicyOutcome } from '../facts/rows.ts';
import { createPolicy } from './create-policy.ts';
import { explainPolicies, isOrdinary } from './policies.ts';
import { explainRoute } from './route.ts';
import { explainToken, isAboutToken } from './tokens.ts';

type Of<Event extends RealtimeObservation['event']> = RealtimeObservation & { readonly event: Event };

/** A refused handshake. */
export function explainHandshake(
  { status, reason, token, route }: Of<'handshake-refused'>,
  now: number,
): Explanation {
  const ofToken = status === 401 || route ? explainToken({ token, reason, now }, 'Realtime') : undefined;
  const ofRoute = route && explainRoute(route, { status });
  // A Realtime elsewhere has keys that are unknown here: only what the token itself shows is certain.
  if (ofRoute && (status >= 404 || ofToken?.kind === 'token-foreign' || !ofToken)) return ofRoute;
  if (ofToken && (status === 401 || route)) return ofToken;
  const base = { kind: 'handshake', subject: `Realtime ${status}`, level: 'problem' as const };
  if (status === 403)
    return {
      ...base,
      cause: 'Realtime does not know this protocol version (vsn).',
      cure: 'Use a current supabase-js, which sends vsn=1.0.0 or 2.0.0.',
    };
  return {
    ...base,
    cause: `Realtime refused the handshake with ${status}: ${reason}.`,
    cure: 'Connect to /realtime/v1/websocket.',
  };
}

/** A refused join, by Realtime's reason. */
export function explainJoin(
  { topic, isPrivate, reason, token }: Of<'join-refused' | 'channel-closed'>,
  now: number,
): Explanation {
  const subject = `channel ${topic}`;
  const base = { subject, level: 'problem' as const };
  const limit = LIMITS.find(({ pattern }) => pattern.test(reason));
  if (limit)
    return {
      ...base,
      kind: limit.kind,
      cause: `The channel ${topic} was refused or closed: ${limit.cause}.`,
      cure: limit.cure,
    };
  if (/permission/i.test(reason)) {
    const caller = callerOf(token);
    const { role } = caller;
    return {
      ...base,
      kind: 'channel-policy',
      cause: `${nameCaller(caller)} may not read the private channel ${topic}: no policy of realtime.messages for select is true for it.`,
      cure:
        isPrivate && role === 'anon'
          ? 'Sign in before you subscribe, or create a policy.'
          : 'Create a policy for the topic.',
      code: topicPolicy('read', topic, role),
    };
  }
  if (isAboutToken(reason)) return { ...explainToken({ token, reason, now }, `Realtime`), subject };
  return {
    ...base,
    kind: 'channel-closed',
    cause: `The channel ${topic} was refused or closed: ${reason}.`,
    cure: 'Subscribe again; the reason names what to change.',
  };
}

const LIMITS = [
  {
    pattern: /TopicNameRequired/,
    kind: 'topic-missing',
    cause: 'it has no name',
    cure: "Name it: supabase.channel('room').",
  },
  {
    pattern: /PrivateOnly/,
    kind: 'private-only',
    cause: 'this project allows private channels only',
    cure: 'Create it with { config: { private: true } }.',
  },
  {
    pattern: /ChannelRateLimit/,
    kind: 'too-many-channels',
    cause: 'one socket has too many channels',
    cure: 'Call removeChannel for those that are no longer used; an effect without clean-up is the usual cause.',
  },
  {
    pattern: /ConnectionRateLimit/,
    kind: 'too-many-users',
    cause: 'too many users are connected',
    cure: 'Close unused clients, or raise TENANT_MAX_CONCURRENT_USERS.',
  },
  {
    pattern: /ClientJoinRateLimit/,
    kind: 'too-many-joins',
    cause: 'too many joins per second',
    cure: 'Subscribe once instead of in every render.',
  },
  {
    pattern: /Too many messages per second/,
    kind: 'too-many-messages',
    cause: 'too many messages per second',
    cure: 'Send less often (throttle), or raise TENANT_MAX_EVENTS_PER_SECOND.',
  },
  {
    pattern: /presence rate limit/i,
    kind: 'too-many-presences',
    cause: 'presence was tracked too often: 5 calls in 30 s',
    cure: 'Call track() when the state changes, not on every keystroke.',
  },
  {
    pattern: /message size exceeded/i,
    kind: 'payload-too-large',
    cause: 'the tracked state is too large',
    cure: 'Track an id, and read the rest from a table.',
  },
] as const;

/** A broadcast that nobody received. */
export function explainBroadcast({ topic, reason, token }: Of<'broadcast-dropped'>): Explanation {
  const subject = `channel ${topic}`;
  if (reason !== 'policy') {
    return {
      kind: 'payload-too-large',
      subject,
      level: 'problem',
      cause: `A broadcast on ${topic} was dropped because it is too large: ${reason}.`,
      cure: 'Store the content, and broadcast where it is.',
    };
  }
  const caller = callerOf(token);
  return {
    kind: 'broadcast-policy',
    subject,
    level: 'problem',
    cause: `A broadcast on ${topic} was dropped: ${nameCaller(caller)} has no policy of realtime.messages for insert that is true.`,
    cure: 'Create a policy for sending.',
    code: topicPolicy('send', topic, caller.role),
  };
}

function topicPolicy(verb: 'read' | 'send', topic: string, role: string): string {
  return createPolicy({
    title: `${verb} ${topic}`,
    table: 'realtime.messages',
    command: verb === 'read' ? 'select' : 'insert',
    role,
    condition: `realtime.topic() = ${quoteText(topic)}`,
  });
}

/** What decides about a subscription to the changes of a table. */
export interface SubscriptionFacts {
  readonly schema: string;
  readonly table: string;
  /** Undefined when it does not exist. */
  readonly relation: RelationFacts | undefined;
  readonly isPublished: boolean;
  /** The nearest name of an existing table. */
  readonly meant: string | undefined;
}

/** A subscription to postgres_changes that was refused. */
export function explainSubscription(
  observation: Of<'subscription-refused'>,
  facts: SubscriptionFacts,
): Explanation {
  const { caller, columns, reason } = observation;
  const { schema, table, relation, isPublished } = facts;
  const name = qualified({ schema, name: table });
  const base = { subject: name, level: 'problem' as const };
  if (schema === '' || table === '')
    return {
      ...base,
      subject: `channel ${observation.topic}`,
      kind: 'subscription-invalid',
      cause: `A subscription to postgres_changes is not valid: ${reason}`,
      cure: 'Name schema, table and filter as { event, schema, table, filter }.',
    };
  if (table === '*')
    return {
      ...base,
      subject: 'publication supabase_realtime',
      kind: 'publication-empty',
      cause: `A page listens to every table of ${schema}, and the publication supabase_realtime has none of them.`,
      cure: 'Add the tables.',
      code: 'alter publication supabase_realtime add table public.…;',
    };
  if (!relation) {
    const { meant } = facts;
    return {
      ...base,
      kind: 'table-missing',
      cause: `A page listens to ${name}, which does not exist${meant === undefined ? '' : `; the nearest name is ${meant}`}.`,
      cure: meant === undefined ? 'Create the table, or correct the name.' : `Write ${meant}.`,
    };
  }
  if (relation.kind !== 'table')
    return {
      ...base,
      kind: 'not-a-table',
      cause: `A page listens to ${name}, which is a ${relation.kind}: only tables have changes.`,
      cure: `Listen to the tables behind it${relation.reads.length > 0 ? `: ${relation.reads.join(', ')}` : ''}.`,
    };
  if (!isPublished)
    return {
      ...base,
      kind: 'not-published',
      cause: `A page listens to ${name}, which is not in the publication supabase_realtime.`,
      cure: 'Add it in a migration.',
      code: `alter publication supabase_realtime add table ${name};`,
    };
  const unknown = columns.filter((column) => !relation.columns.includes(column));
  if (unknown.length > 0)
    return {
      ...base,
      kind: 'column-missing',
      cause: `A page listens to ${name} with the column ${unknown.join(', ')}, which it does not have.`,
      cure: `Its columns are ${relation.columns.join(', ')}.`,
    };
  const unreadable = columns.filter((column) => !relation.readableColumns.includes(column));
  if (unreadable.length > 0 || relation.readableColumns.length === 0)
    return {
      ...base,
      subject: `${name} to ${caller.role}`,
      kind: 'grant-missing',
      cause: `A page listens to ${name} as ${nameCaller(caller)}, who has no privilege to read ${unreadable.length > 0 ? unreadable.join(', ') : 'it'}.`,
      cure: 'Grant it in a migration.',
      code: `grant select on ${name} to ${quoteIfNeeded(caller.role)};`,
    };
  return {
    ...base,
    kind: 'subscription-refused',
    cause: `A subscription to ${name} was refused: ${reason}`,
    cure: 'Correct the value of the filter, which must have the column’s type.',
  };
}

/** Why a change reached none of the subscribers of its table. */
export function explainUndelivered(
  observation: Of<'change-undelivered'>,
  facts: { relation: RelationFacts; outcome: PolicyOutcome | undefined },
): Explanation {
  const { type, key, why, topic, caller } = observation;
  const { relation, outcome } = facts;
  const table = qualified(relation);
  const row = Object.entries(key)
    .map(([name, value]) => `${name}=${value ?? 'null'}`)
    .join(', ');
  const changed = `${type} of ${table}${row === '' ? '' : ` (${row})`} reached nobody`;
  if (why.kind === 'filter')
    return {
      subject: `${table} ${why.filter}`,
      level: 'problem',
      kind: 'replica-identity',
      cause: `${changed}: the filter ${why.filter} of ${topic} needs ${why.column}, which the log does not have for ${type === 'DELETE' ? 'deleted rows' : 'unchanged large values'}.`,
      cure: 'Log whole rows.',
      code: `alter table ${table} replica identity full;`,
    };
  const cause =
    outcome && explainPolicies(relation, outcome, { role: caller.role, rowLabel: `the row ${row}` });
  const base = { subject: `${table} to ${caller.role}`, level: 'problem' as const };
  if (!cause) {
    return {
      ...base,
      kind: 'change-hidden',
      cause: `${changed}: the row was not readable for ${nameCaller(caller)} when it changed, or has changed again since.`,
      cure: 'Change the row once more and ask again.',
    };
  }
  const isMeant = isOrdinary(cause.kind, caller, why.isFiltered);
  const { because, ...rest } = cause;
  return {
    ...rest,
    ...base,
    level: isMeant ? 'note' : 'problem',
    kind: isMeant ? 'change-hidden' : `change-hidden-${rest.kind}`,
    cause: `${changed}: ${nameCaller(caller)} listens on ${topic}, and ${because}.`,
  };
}
