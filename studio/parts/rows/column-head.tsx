import type { Column } from './types.ts';

/** The name of a column; pressing it sorts: up, down, not at all. */
export function ColumnHead({
  column: { name, type, isKey },
  order,
  onOrder,
}: {
  column: Column;
  order: string;
  onOrder: (order: string) => void;
}) {
  const isAscending = order === `${name}.asc`;
  const isDescending = order === `${name}.desc`;
  const next = isAscending ? `${name}.desc` : isDescending ? '' : `${name}.asc`;
  return (
    <th scope="col" aria-sort={isAscending ? 'ascending' : isDescending ? 'descending' : undefined}>
      <button type="button" className="sort" title={type} onClick={() => onOrder(next)}>
        {name}
        {isKey && <span className="quiet"> key</span>}
        <span aria-hidden="true">{isAscending ? ' ↑' : isDescending ? ' ↓' : ''}</span>
      </button>
    </th>
  );
}
