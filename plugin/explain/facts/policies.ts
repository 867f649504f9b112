import type { CallerSettings, ReadSession } from './explain-database.ts';
import { qualified, quote, quoteIfNeeded } from './quote.ts';
import type { Privilege, RelationFacts } from './relations.ts';

/** A policy as the catalogue has it. */
export interface PolicyFacts {
  readonly name: string;
  readonly command: 'all' | Privilege;
  readonly isPermissive: boolean;
  /** `public` for everybody. */
  readonly roles: readonly string[];
  /** It is for the role that asks. */
  readonly applies: boolean;
  readonly using: string | null;
  readonly check: string | null;
}

/** A policy with the value of its expression for one row; null counts as false. */
export interface EvaluatedPolicy extends PolicyFacts {
  readonly expression: string;
  readonly result: boolean | null | { readonly error: string };
}

/** Whether a row must pass the condition for existing rows (`using`) or that for new ones (`check`). */
export type PolicyPhase = 'using' | 'check';

/** A policy for people, selected from pg_policy. */
export const POLICY_COLUMNS = `polname::text as name, polpermissive as "isPermissive",
    case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
    case when polroles = '{0}' then array['public'] else array(select rolname::text from pg_roles where oid = any (polroles)) end as roles,
    pg_get_expr(polqual, polrelid) as using, pg_get_expr(polwithcheck, polrelid) as check`;

const POLICIES = `
  select ${POLICY_COLUMNS},
    polroles = '{0}' or exists (select from unnest(polroles) role where role <> 0 and pg_has_role($2, role, 'USAGE')) as applies
  from pg_policy where polrelid = $1::oid order by polpermissive desc, polname`;

export function readPolicies(
  session: ReadSession,
  relation: RelationFacts,
  role: string,
): Promise<PolicyFacts[]> {
  return session.rows<PolicyFacts & Record<string, unknown>>(POLICIES, [relation.oid, role]);
}

/** The expression of a policy for this phase: a policy without `with check` uses `using` for new rows too. */
function expressionOf({ using, check }: PolicyFacts, phase: PolicyPhase): string {
  return (phase === 'check' ? (check ?? using) : using) ?? 'true';
}

/** The policies that decide about a command for the role that asks. */
export function policiesFor(policies: readonly PolicyFacts[], command: Privilege): readonly PolicyFacts[] {
  return policies.filter(
    (policy) => policy.applies && (policy.command === 'all' || policy.command === command),
  );
}

/**
 * Evaluates policies for one row as the caller, whose rights also apply to whatever the expressions read. The row comes
 * from an array of the table's type, so that the expressions see a relation of the table's name, which has no policies.
 *
 * @param row text of the table's row type
 */
export async function evaluatePolicies(
  session: ReadSession,
  relation: RelationFacts,
  policies: readonly PolicyFacts[],
  { phase, row, settings }: { phase: PolicyPhase; row: string; settings: CallerSettings },
): Promise<EvaluatedPolicy[]> {
  const evaluated: EvaluatedPolicy[] = [];
  for (const policy of policies) {
    const expression = expressionOf(policy, phase);
    const text = `select (${expression}) as result from unnest(array[$1::${qualified(relation)}]) as ${quote(relation.name)}`;
    const attempt = await session.attempt(settings, { text, params: [row] });
    const result = 'error' in attempt ? attempt : ((attempt.rows[0]?.result ?? null) as boolean | null);
    evaluated.push({ ...policy, expression, result });
  }
  return evaluated;
}

/** One line: `policy "own notes" for select to authenticated using (…): false`. */
export function describePolicy(policy: EvaluatedPolicy, phase: PolicyPhase): string {
  const { name, command, roles, isPermissive, expression, result } = policy;
  const kind = isPermissive ? 'policy' : 'restrictive policy';
  const value = typeof result === 'object' && result !== null ? `error: ${result.error}` : String(result);
  const clause = phase === 'check' ? 'with check' : 'using';
  return `${kind} ${quote(name)} for ${command} to ${roles.map(quoteIfNeeded).join(', ')} ${clause} (${expression}): ${value}`;
}
