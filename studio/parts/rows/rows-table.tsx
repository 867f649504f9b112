import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { Link } from 'wouter';
import { CellEditor } from './cell-editor.tsx';
import { CellText } from './cell-text.tsx';
import { ColumnHead } from './column-head.tsx';
import { hrefOf } from './table-query.ts';
import type { Cell, Column, Refusal, RowsPage } from './types.ts';

interface Place {
  readonly row: number;
  readonly column: number;
}

/** The rows of a table: arrow keys move, Enter or a double click edits, headers sort. */
export function RowsTable({
  label,
  columns,
  page: { rows, cellLength },
  as,
  order,
  onOrder,
  isEditable,
  selected,
  onSelect,
  save,
}: {
  label: string;
  columns: readonly Column[];
  page: RowsPage;
  /** Who looks, also at rows that a foreign key leads to. */
  as: string;
  order: string;
  onOrder: (order: string) => void;
  isEditable: boolean;
  selected: ReadonlySet<number>;
  onSelect: (selected: ReadonlySet<number>) => void;
  save: (place: Place, value: Cell) => Promise<Refusal | undefined>;
}) {
  const [active, setActive] = useState<Place>({ row: 0, column: 0 });
  const [edited, setEdited] = useState<Place>();
  const section = useRef<HTMLElement>(null);
  const wasEdited = useRef(false);
  useEffect(() => {
    // The cell is there again.
    if (wasEdited.current && !edited && section.current) focusCell(section.current, active);
    wasEdited.current = edited !== undefined;
  }, [edited, active]);
  const isAt = (place: Place | undefined, row: number, column: number) =>
    place?.row === row && place.column === column;
  const mayEdit = ({ row, column }: Place) =>
    isEditable && columns[column]?.isGenerated === false && (rows[row]?.[column]?.length ?? 0) <= cellLength;
  const edit = (place: Place) => {
    if (mayEdit(place)) setEdited(place);
  };
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const by = MOVES[event.key];
    if (event.key === 'Enter' || event.key === 'F2') {
      if (event.target instanceof HTMLTableCellElement) {
        event.preventDefault();
        edit(active);
      }
    } else if (by) {
      event.preventDefault();
      const row = Math.min(Math.max(active.row + by.row, 0), rows.length - 1);
      const column = Math.min(Math.max(active.column + by.column, 0), columns.length - 1);
      focusCell(event.currentTarget, { row, column });
    }
  };
  const toggle = (row: number) => {
    const next = new Set(selected);
    if (!next.delete(row)) next.add(row);
    onSelect(next);
  };
  return (
    <section className="scroll" aria-label={label} ref={section}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- a grid is a table whose cells are reached by keyboard */}
      <table role="grid" onKeyDown={move} aria-label={label}>
        <thead>
          <tr>
            {isEditable && (
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Select all rows"
                  checked={rows.length > 0 && selected.size === rows.length}
                  onChange={() =>
                    onSelect(new Set(selected.size === rows.length ? [] : rows.map((_, row) => row)))
                  }
                />
              </th>
            )}
            {columns.map((column) => (
              <ColumnHead key={column.name} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows need no key, and the page is replaced as a whole
            <tr key={row} className={selected.has(row) ? 'selected' : undefined}>
              {isEditable && (
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Select row ${row + 1}`}
                    checked={selected.has(row)}
                    onChange={() => toggle(row)}
                  />
                </td>
              )}
              {columns.map((column, at) => {
                const value = cells[at] ?? null;
                const place = { row, column: at };
                if (isAt(edited, row, at)) {
                  return (
                    <td key={column.name} className="editing">
                      <CellEditor
                        column={column}
                        value={value}
                        save={(changed) => save(place, changed)}
                        onClose={() => setEdited(undefined)}
                      />
                    </td>
                  );
                }
                const isActive = isAt(active, row, at);
                return (
                  <td
                    key={column.name}
                    data-place={`${row} ${at}`}
                    tabIndex={isActive ? 0 : -1}
                    aria-readonly={!mayEdit(place)}
                    onFocus={() => setActive(place)}
                    onDoubleClick={() => edit(place)}
                  >
                    <CellText value={value} cellLength={cellLength} />
                    {column.references && value !== null && (
                      <Link
                        className="follow"
                        tabIndex={isActive ? 0 : -1}
                        aria-label={`Go to ${column.references.name} ${value}`}
                        href={hrefOf(column.references, {
                          as,
                          filters: [{ column: column.references.column, operator: '=', value }],
                        })}
                      >
                        →
                      </Link>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const MOVES: Readonly<Record<string, Place>> = {
  ArrowUp: { row: -1, column: 0 },
  ArrowDown: { row: 1, column: 0 },
  ArrowLeft: { row: 0, column: -1 },
  ArrowRight: { row: 0, column: 1 },
};

function focusCell(table: HTMLElement, { row, column }: Place): void {
  table.querySelector<HTMLElement>(`[data-place="${row} ${column}"]`)?.focus();
}
