import { quote, quoteIfNeeded } from '../facts/quote.ts';
import type { Privilege } from '../facts/relations.ts';

/** The policy that would allow a command, as SQL. */
export function createPolicy({
  title,
  table,
  command,
  role,
  condition,
}: {
  readonly title: string;
  /** Qualified, and quoted where SQL needs it. */
  readonly table: string;
  readonly command: Privilege;
  readonly role: string;
  readonly condition: string;
}): string {
  const clauses = {
    select: `using (${condition})`,
    delete: `using (${condition})`,
    insert: `with check (${condition})`,
    update: `using (${condition}) with check (${condition})`,
  };
  return `create policy ${quote(title)} on ${table} for ${command} to ${quoteIfNeeded(role)} ${clauses[command]};`;
}
