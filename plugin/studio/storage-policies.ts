import type { ReadSession } from '../explain/facts/explain-database.ts';
import { POLICY_COLUMNS } from '../explain/facts/policies.ts';

interface Policy {
  readonly using: string | null;
  readonly check: string | null;
}

/** The policies of storage.objects that can matter for a bucket: those that name other buckets only are left out. */
export async function listStoragePolicies(session: ReadSession, bucket: string): Promise<unknown[]> {
  const policies = await session.rows<Policy & Record<string, unknown>>(
    `select ${POLICY_COLUMNS} from pg_policy where polrelid = to_regclass('storage.objects') order by polcmd, polname`,
  );
  return policies.filter(({ using, check }) => {
    const named = namedBuckets(`${using} ${check}`);
    return named.length === 0 || named.includes(bucket);
  });
}

/** The buckets that an expression, as PostgreSQL writes it, compares bucket_id with. */
function namedBuckets(expression: string): string[] {
  const compared = expression.matchAll(/bucket_id = (?:ANY \(+ARRAY\[([^\]]*)\]|('(?:[^']|'')*'))/g);
  return [...compared].flatMap(([, list = '', single = '']) =>
    [...`${list} ${single}`.matchAll(/'((?:[^']|'')*)'/g)].map(([, name = '']) => name.replaceAll("''", "'")),
  );
}
