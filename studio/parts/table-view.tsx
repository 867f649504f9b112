import { useState } from 'react';
import { useRead, type Explanation } from '../api.ts';
import { Card } from './card.tsx';
import { ExplanationView } from './explanation.tsx';
import { RowsGrid } from './rows-grid.tsx';
import { TableFacts } from './table-facts.tsx';

/** As plugin/studio/tables.ts. */
interface RowsPage {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly error?: string;
  readonly total?: number;
  readonly visible?: number;
  readonly pageRows: number;
}

/** The rows of one table as somebody sees them, and its columns and policies. */
export function TableView({ schema, name }: { schema: string; name: string }) {
  const [viewer, setViewer] = useState('postgres');
  const [page, setPage] = useState(0);
  const { value: users } = useRead<readonly { id: string; name: string }[]>('users');
  const table = `schema=${encodeURIComponent(schema)}&name=${encodeURIComponent(name)}`;
  const { value: rows, error } = useRead<RowsPage>(`rows?${table}&as=${viewer}&page=${page}`);
  const isEverybody = viewer === 'postgres';
  const hidden = rows?.error === undefined ? (rows?.total ?? 0) - (rows?.visible ?? 0) : (rows.total ?? 0);
  const last = Math.max(0, Math.ceil((rows?.visible ?? 0) / (rows?.pageRows ?? 50)) - 1);
  return (
    <div className="column table-view">
      <Card
        title={`${schema}.${name}`}
        action={
          <label>
            Rows as{' '}
            <select
              value={viewer}
              onChange={(event) => {
                setViewer(event.target.value);
                setPage(0);
              }}
            >
              <option value="postgres">postgres: every row</option>
              <option value="anon">anon: a visitor</option>
              <option value="service_role">service_role</option>
              {users?.map((user) => (
                <option key={user.id} value={user.id}>
                  {user.name}
                </option>
              ))}
            </select>
          </label>
        }
      >
        {error !== undefined && <p role="alert">{error}</p>}
        {rows && !isEverybody && (
          <output className="quiet">
            {rows.visible ?? 0} of {rows.total ?? 0} rows are visible.
          </output>
        )}
        {rows && !isEverybody && hidden > 0 && (
          <WhyHidden key={viewer} query={`why-hidden?${table}&as=${viewer}`} />
        )}
        {rows?.error !== undefined && <p className="quiet">PostgreSQL: {rows.error}</p>}
        {rows && rows.rows.length > 0 && <RowsGrid rows={rows.rows} label={`Rows of ${name}`} />}
        {rows && rows.rows.length === 0 && rows.error === undefined && <p className="quiet">No rows.</p>}
        {last > 0 && (
          <p className="pager">
            <button type="button" className="copy" disabled={page === 0} onClick={() => setPage(page - 1)}>
              Previous
            </button>{' '}
            Page {page + 1} of {last + 1}{' '}
            <button type="button" className="copy" disabled={page >= last} onClick={() => setPage(page + 1)}>
              Next
            </button>
          </p>
        )}
      </Card>
      <TableFacts query={`table?${table}`} />
    </div>
  );
}

function WhyHidden({ query }: { query: string }) {
  const { value } = useRead<Explanation | null>(query);
  if (!value) return null;
  return (
    <div className="why">
      <h3>Why?</h3>
      <ExplanationView explanation={value} />
    </div>
  );
}
