import type { DatabaseCaller } from '../../shared/observations.ts';
import type { PolicyOutcome } from '../facts/rows.ts';
import { describePolicy, type EvaluatedPolicy } from '../facts/policies.ts';
import { qualified, quote, quoteIfNeeded } from '../facts/quote.ts';
import type { RelationFacts } from '../facts/relations.ts';
import { createPolicy } from './create-policy.ts';

/** Why policies refuse a row, in the parts of an explanation. */
export interface PolicyCause {
  readonly kind: string;
  /** Continues a sentence: `row level security is on and no policy …`. */
  readonly because: string;
  readonly cure: string;
  readonly code?: string;
  readonly details: readonly string[];
}

/** The cause of a refusal; undefined when the policies allow the row. */
export function explainPolicies(
  relation: RelationFacts,
  outcome: PolicyOutcome,
  { role, rowLabel }: { role: string; rowLabel: string },
): PolicyCause | undefined {
  const { verdict, command, phase, evaluated } = outcome;
  const details = evaluated.map((policy) => describePolicy(policy, phase));
  if (verdict.isAllowed === true) return undefined;
  if (verdict.isAllowed === undefined) {
    const [first] = verdict.failing;
    const message = first && typeof first.result === 'object' ? (first.result?.error ?? '') : '';
    return {
      kind: 'policy-error',
      because: `policy ${name(first)} fails with "${message}"`,
      cure: 'Correct the expression of the policy.',
      code: alter(relation, first, phase),
      details,
    };
  }
  if (verdict.why === 'no-policy') return explainMissing(relation, outcome, role);
  const isVisitor = role === 'anon' && verdict.failing.some(readsUser);
  const which = verdict.failing.map(name).join(' and ');
  const isOne = verdict.failing.length === 1;
  const because = `${verdict.why === 'restricted' ? 'restrictive ' : ''}${isOne ? 'policy' : 'policies'} ${which} ${isOne ? 'is' : 'are'} not true for ${rowLabel}`;
  return isVisitor
    ? { kind: 'policy-needs-user', because, ...SIGN_IN, details }
    : {
        kind: 'policy-false',
        because,
        cure: `Send the request as a user for whom ${isOne ? 'it is' : 'one is'} true, or change the policy for ${command}.`,
        code: alter(relation, verdict.failing[0], phase),
        details,
      };
}

/**
 * Whether a row is hidden as policies are meant to hide it: a signed-in user who names no rows gets those of their own, and
 * there are none.
 */
export function isOrdinary(kind: string, { claims }: DatabaseCaller, namesRows: boolean): boolean {
  return kind === 'policy-false' && typeof claims.sub === 'string' && !namesRows;
}

function explainMissing(relation: RelationFacts, { command, all }: PolicyOutcome, role: string): PolicyCause {
  const others = all.filter((policy) => policy.command === 'all' || policy.command === command);
  const otherRoles = [...new Set(others.flatMap(({ roles }) => roles))];
  const details = others.map((policy) => `policy ${name(policy)} is for ${policy.roles.join(', ')}`);
  if (role === 'anon' && otherRoles.includes('authenticated')) {
    return {
      kind: 'policy-for-users-only',
      because: `its policies for ${command} are for authenticated, and the request came without a user's token`,
      ...SIGN_IN,
      details,
    };
  }
  const condition = conditionFor(relation, role);
  const because =
    otherRoles.length > 0
      ? `its policies for ${command} are for ${otherRoles.join(', ')} only`
      : `row level security is on and no policy allows ${command} to ${role}`;
  return {
    kind: 'policy-missing',
    because,
    cure: `Create a policy that says who may ${command}${condition === 'true' ? '; (true) means every row' : ''}.`,
    code: createPolicy({
      title: `${command} ${relation.name}`,
      table: qualified(relation),
      command,
      role,
      condition,
    }),
    details,
  };
}

const SIGN_IN = {
  cure: 'Sign in first, and send the request with the same client.',
  code: 'await supabase.auth.signInWithPassword({ email, password })',
};

/** The rows of the user where the table has a column for one. */
function conditionFor({ ownerColumn }: RelationFacts, role: string): string {
  return ownerColumn === null || role === 'anon'
    ? 'true'
    : `(select auth.uid()) = ${quoteIfNeeded(ownerColumn)}`;
}

function alter(
  relation: RelationFacts,
  policy: EvaluatedPolicy | undefined,
  phase: 'using' | 'check',
): string | undefined {
  if (!policy) return undefined;
  const clause = phase === 'check' ? 'with check' : 'using';
  return `alter policy ${name(policy)} on ${qualified(relation)} ${clause} (${policy.expression});`;
}

function readsUser({ expression }: EvaluatedPolicy): boolean {
  return /auth\.(uid|jwt|email)\(|request\.jwt\.claim/.test(expression);
}

function name(policy: { readonly name: string } | undefined): string {
  return quote(policy?.name ?? '');
}
