import type { EvaluatedPolicy } from './policies.ts';

/** What the policies of one table decide about one row. */
export type Verdict =
  | { readonly isAllowed: true }
  | {
      readonly isAllowed: false;
      readonly why: 'no-policy' | 'none-true' | 'restricted';
      /** The policies that are not true. */
      readonly failing: readonly EvaluatedPolicy[];
    }
  | { readonly isAllowed: undefined; readonly failing: readonly EvaluatedPolicy[] };

/**
 * Combines policies as PostgreSQL does (src/backend/rewrite/rowsecurity.c): at least one permissive policy must be true,
 * and every restrictive one. An error in a policy that decides makes the whole statement fail.
 */
export function combine(policies: readonly EvaluatedPolicy[]): Verdict {
  const permissive = policies.filter((policy) => policy.isPermissive);
  const restrictive = policies.filter((policy) => !policy.isPermissive);
  if (permissive.length === 0) return { isAllowed: false, why: 'no-policy', failing: [] };
  const broken = policies.filter(({ result }) => typeof result === 'object' && result !== null);
  if (broken.length > 0) return { isAllowed: undefined, failing: broken };
  const refusing = restrictive.filter(({ result }) => result !== true);
  if (refusing.length > 0) return { isAllowed: false, why: 'restricted', failing: refusing };
  if (permissive.some(({ result }) => result === true)) return { isAllowed: true };
  return { isAllowed: false, why: 'none-true', failing: permissive };
}
