import { useState } from 'react';
import { change, useRead } from '../api.ts';
import { Card } from './card.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { Pager } from './pager.tsx';
import { FilterBar } from './rows/filter-bar.tsx';
import { ImportView } from './rows/import-view.tsx';
import { RefusalView } from './rows/refusal.tsx';
import { RowForm } from './rows/row-form.tsx';
import { RowsTable } from './rows/rows-table.tsx';
import { serverQuery, useTableQuery } from './rows/table-query.ts';
import { keyOf, type Cell, type Changed, type Refusal, type RowsPage } from './rows/types.ts';
import { TableFacts, type Facts } from './table-facts.tsx';
import { ViewerSelect } from './viewer-select.tsx';
import { WhyHidden } from './why-hidden.tsx';

/** The rows of one table as somebody sees and changes them, and its columns and policies. */
export function TableView({ schema, name, kind }: { schema: string; name: string; kind: string }) {
  const [query, setQuery] = useTableQuery();
  const [open, setOpen] = useState<'insert' | 'import'>();
  const [selected, select] = useState<ReadonlySet<number>>(new Set());
  const [refusal, setRefusal] = useState<Refusal>();
  const table = { schema, name };
  const { as, page } = query;
  const search = serverQuery(table, query);
  const { value: facts } = useRead<Facts>(`table?${new URLSearchParams(table)}`);
  const { value: rows, error, reload } = useRead<RowsPage>(`rows?${search}&page=${page}`);
  const columns = facts?.columns ?? [];
  const isTable = kind === 'table';
  const hasKey = columns.some(({ isKey }) => isKey);
  const hidden = (rows?.total ?? 0) - (rows?.error === undefined ? (rows?.visible ?? 0) : 0);
  const last = Math.max(0, Math.ceil((rows?.visible ?? 0) / (rows?.pageRows ?? 50)) - 1);
  const refresh = () => {
    setRefusal(undefined);
    select(new Set());
    reload();
  };
  const changeRows = async (change: Promise<Changed>): Promise<Refusal | undefined> => {
    const { refusal } = await change.catch((error: unknown): Changed => ({
      refusal: { message: String(error) },
    }));
    if (!refusal) refresh();
    return refusal;
  };
  const save = (at: { row: number; column: number }, value: Cell) => {
    const row = rows?.rows[at.row] ?? [];
    const cell = {
      key: keyOf(columns, row),
      column: columns[at.column]?.name,
      before: row[at.column],
      value,
    };
    return changeRows(change('cell-update', { ...table, as, ...cell }));
  };
  const remove = async () => {
    const keys = [...selected].map((row) => keyOf(columns, rows?.rows[row] ?? []));
    setRefusal(await changeRows(change('rows-delete', { ...table, as, keys })));
  };
  return (
    <div className="column table-view">
      <Card
        title={`${schema}.${name}`}
        action={<ViewerSelect label="Rows as" value={as} onChange={(viewer) => setQuery({ as: viewer })} />}
      >
        {columns.length > 0 && (
          <FilterBar
            columns={columns}
            filters={query.filters}
            onChange={(filters) => setQuery({ filters })}
          />
        )}
        <div className="actions start">
          {isTable && (
            <>
              <button type="button" className="copy" onClick={() => setOpen('insert')}>
                Insert row
              </button>
              <button type="button" className="copy" onClick={() => setOpen('import')}>
                Import CSV
              </button>
            </>
          )}
          <a className="copy" href={`/__supabase/api/export?${search}`} download>
            Export CSV
          </a>
          {selected.size > 0 && (
            <ConfirmButton
              question={`Delete ${countRows(selected.size)} of ${schema}.${name}? This cannot be undone.`}
              confirm="Delete"
              onConfirm={() => void remove()}
            >
              Delete {countRows(selected.size)}
            </ConfirmButton>
          )}
          <span className="quiet">
            {isTable &&
              (hasKey
                ? 'Double-click or Enter edits a cell.'
                : 'Without a primary key, rows cannot be edited.')}
          </span>
        </div>
        {error !== undefined && <p role="alert">{error}</p>}
        {refusal && <RefusalView refusal={refusal} />}
        {rows && as !== 'postgres' && (
          <output className="quiet">
            {rows.visible ?? 0} of {rows.total ?? 0} rows are visible.
          </output>
        )}
        {rows && as !== 'postgres' && hidden > 0 && <WhyHidden key={as} query={`why-hidden?${search}`} />}
        {rows?.error !== undefined && <p className="quiet">PostgreSQL: {rows.error}</p>}
        {rows && rows.rows.length > 0 && columns.length > 0 && (
          <RowsTable
            // The place in the table belongs to this page of rows.
            key={`${search} ${page}`}
            label={`Rows of ${name}`}
            columns={columns}
            page={rows}
            as={as}
            order={query.order}
            onOrder={(order) => setQuery({ order })}
            isEditable={isTable && hasKey}
            selected={selected}
            onSelect={select}
            save={save}
          />
        )}
        {rows && rows.rows.length === 0 && rows.error === undefined && <p className="quiet">No rows.</p>}
        {last > 0 && <Pager page={page} last={last} onChange={(next) => setQuery({ page: next })} />}
      </Card>
      {open === 'insert' && (
        <RowForm
          table={table}
          columns={columns}
          as={as}
          onClose={() => setOpen(undefined)}
          onInserted={() => {
            setOpen(undefined);
            refresh();
          }}
        />
      )}
      {open === 'import' && (
        <ImportView
          table={table}
          columns={columns}
          as={as}
          onClose={() => setOpen(undefined)}
          onImported={() => {
            setOpen(undefined);
            refresh();
          }}
        />
      )}
      {facts && <TableFacts facts={facts} />}
    </div>
  );
}

function countRows(count: number): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`;
}
