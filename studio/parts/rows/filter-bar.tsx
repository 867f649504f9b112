import { useState, type FormEvent } from 'react';
import { hasValue, OPERATORS, type Filter } from './table-query.ts';
import type { Column } from './types.ts';

/** The conditions that rows must meet; each can be removed, and another one added. */
export function FilterBar({
  columns,
  filters,
  onChange,
}: {
  columns: readonly Column[];
  filters: readonly Filter[];
  onChange: (filters: readonly Filter[]) => void;
}) {
  const [draft, setDraft] = useState<Filter>({ column: '', operator: '=', value: '' });
  const add = (event: FormEvent) => {
    event.preventDefault();
    const column = draft.column || (columns[0]?.name ?? '');
    onChange([...filters, { ...draft, column, value: hasValue(draft.operator) ? draft.value : '' }]);
    setDraft({ ...draft, value: '' });
  };
  return (
    <form className="filters" onSubmit={add} aria-label="Filters">
      {filters.map((filter, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- filters may repeat, and have no state
        <button
          key={at}
          type="button"
          className="copy chip"
          aria-label={`Remove the filter ${describe(filter)}`}
          onClick={() => onChange(filters.toSpliced(at, 1))}
        >
          {describe(filter)} ×
        </button>
      ))}
      <select
        aria-label="Filter column"
        value={draft.column || columns[0]?.name}
        onChange={({ target }) => setDraft({ ...draft, column: target.value })}
      >
        {columns.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        aria-label="Comparison"
        value={draft.operator}
        onChange={({ target }) => setDraft({ ...draft, operator: target.value as Filter['operator'] })}
      >
        {OPERATORS.map((operator) => (
          <option key={operator}>{operator}</option>
        ))}
      </select>
      {hasValue(draft.operator) && (
        <input
          aria-label="Filter value"
          value={draft.value}
          onChange={({ target }) => setDraft({ ...draft, value: target.value })}
        />
      )}
      <button type="submit" className="copy">
        Filter
      </button>
    </form>
  );
}

function describe({ column, operator, value }: Filter): string {
  return hasValue(operator) ? `${column} ${operator} ${value}` : `${column} ${operator}`;
}
