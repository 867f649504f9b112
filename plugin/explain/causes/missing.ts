import { closest } from '../../shared/closest.ts';
import type { Explanation } from '../explanation.ts';
import type { MissingFacts } from '../facts/missing.ts';
import { qualified, quoteIfNeeded } from '../facts/quote.ts';
import { lowerFirst, trimDot, upperFirst } from './text.ts';

/** Why a table, function, column or relationship is not found, with the nearest name. */
export function explainMissing(facts: MissingFacts): Explanation {
  const { what, schema, table, name, existing, elsewhere, exposed, message } = facts;
  const full =
    what === 'column' || what === 'relationship' ? `${schema}.${table ?? ''}.${name}` : `${schema}.${name}`;
  const base = { subject: full, level: 'problem' as const };
  if (what === 'relationship') {
    return {
      ...base,
      kind: 'relationship-missing',
      cause: `${schema}.${table ?? ''} cannot embed ${name}: ${trimDot(lowerFirst(message))}.`,
      cure: 'Create a foreign key between the two tables, or name the right one in select().',
      code: `alter table ${qualified({ schema, name: table ?? '' })} add foreign key (${quoteIfNeeded(`${name}_id`)}) references ${qualified({ schema, name })};`,
    };
  }
  if (existing.includes(name) && what !== 'function') {
    return {
      ...base,
      kind: 'schema-cache-stale',
      cause: `${upperFirst(what)} ${full} exists, and the schema cache of the API does not have it yet.`,
      cure: 'Reload the schema cache.',
      code: `notify pgrst, 'reload schema';`,
    };
  }
  const signatures = what === 'function' ? existing.filter((other) => other.startsWith(`${name}(`)) : [];
  if (signatures.length > 0) {
    return {
      ...base,
      kind: 'function-arguments',
      cause: `Function ${full} exists, but not with these arguments: ${trimDot(lowerFirst(message))}.`,
      cure: `Call it as ${signatures.join(' or ')}.`,
    };
  }
  const hidden = elsewhere.filter((other) => other !== schema);
  if (hidden.length > 0) {
    const isExposed = hidden.some((other) => exposed.includes(other));
    const [first = ''] = hidden;
    return {
      ...base,
      kind: 'other-schema',
      cause: `There is no ${what} ${full}, but one in the schema ${hidden.join(', ')}${isExposed ? '' : ', which the API does not expose'}.`,
      cure: isExposed
        ? 'Choose the schema in the request.'
        : 'Expose the schema in supabase/config.toml, or move it to public.',
      code: isExposed
        ? `supabase.schema('${first}')`
        : `[api] schemas = [${[...exposed, first].map((one) => `"${one}"`).join(', ')}]`,
    };
  }
  const plain =
    what === 'function' ? existing.map((signature) => signature.split('(', 1)[0] ?? '') : existing;
  const meant = closest(name, plain);
  return {
    ...base,
    kind: `${what}-missing`,
    cause: `There is no ${what} ${full}${meant === undefined ? '' : `; the nearest name is ${meant}`}.`,
    cure:
      meant === undefined
        ? `Create the ${what} in a migration.`
        : `Write ${meant}, or create ${name} in a migration.`,
    details:
      meant === undefined && plain.length > 0 && plain.length <= 20
        ? [`existing: ${plain.toSorted().join(', ')}`]
        : [],
  };
}
