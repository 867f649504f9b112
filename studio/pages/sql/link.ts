/** The script of a link: `#sql=…` or `?sql=…`. It is shown, and never run by itself. */
export function readLinkedSql({ hash, search }: { hash: string; search: string }): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('sql') ?? new URLSearchParams(search).get('sql') ?? undefined;
}

/** A link that shows a script; the fragment never reaches the server's log. */
export function linkTo(sql: string): string {
  return `${location.origin}/__supabase/sql#sql=${encodeURIComponent(sql)}`;
}
