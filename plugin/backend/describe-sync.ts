import type { SyncResult } from './backend.ts';

interface Line {
  readonly text: string;
  readonly isWarning: boolean;
}

/** What a save has done to the database, for the terminal; no line when it has done nothing. */
export function describeSync({ applied, rebuilt }: SyncResult): Line[] {
  if (!rebuilt)
    return applied.length === 0
      ? []
      : [info(`applied ${applied.length} new migration(s): ${applied.join(', ')}`)];
  const { changed, gone, misfits, dropped, isChangedByHand, snapshot } = rebuilt;
  const causes = [
    ...(changed.length > 0 ? [`changed: ${changed.join(', ')}`] : []),
    ...(gone.length > 0 ? [`gone: ${gone.join(', ')}`] : []),
  ];
  const lines = [info(`built the database again from its files (${causes.join('; ')}); the data is kept`)];
  for (const { table, rows, reason } of misfits)
    lines.push(warning(`${rows} row(s) of ${table} do not fit and were left out: ${reason}`));
  if (dropped.length > 0) lines.push(warning(`without a place now: the data of ${dropped.join(', ')}`));
  if (isChangedByHand) lines.push(warning('what was changed without a migration is gone'));
  if (snapshot !== undefined)
    lines.push(warning(`the database before is kept: npx vite-plugin-supabase snapshot restore ${snapshot}`));
  return lines;
}

function info(text: string): Line {
  return { text: `Supabase: ${text}`, isWarning: false };
}

function warning(text: string): Line {
  return { text: `Supabase: ${text}`, isWarning: true };
}
