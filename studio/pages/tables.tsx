import { useEffect } from 'react';
import { Link, useParams } from 'wouter';
import { useRead } from '../api.ts';
import { TableView } from '../parts/table-view.tsx';

/** As plugin/studio/tables.ts. */
interface TableEntry {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly isSecured: boolean;
  readonly policies: number;
  readonly isPublished: boolean;
}

/** The tables of the database, and the chosen one. */
export default function Tables() {
  const { schema, name } = useParams<{ schema?: string; name?: string }>();
  const { value: tables, error } = useRead<readonly TableEntry[]>('tables');
  useEffect(() => {
    document.title = `${name ?? 'Tables'} – Supabase Studio`;
  }, [name]);
  if (error !== undefined) return <p role="alert">The database does not answer: {error}</p>;
  const schemas = [...new Set(tables?.map((table) => table.schema))];
  return (
    <div className="tables">
      <nav aria-label="Tables" className="table-list">
        <h1>Tables</h1>
        {tables?.length === 0 && (
          <p className="quiet">No table yet. Save a migration, and it appears here.</p>
        )}
        {schemas.map((one) => (
          <details key={one} open={one === 'public' || one === schema}>
            <summary>
              <h2>{one}</h2>
            </summary>
            <ul>
              {tables
                ?.filter((table) => table.schema === one)
                .map((table) => (
                  <li key={table.name}>
                    <Link
                      href={`/tables/${encodeURIComponent(one)}/${encodeURIComponent(table.name)}`}
                      aria-current={one === schema && table.name === name ? 'page' : undefined}
                    >
                      {table.name}
                      {table.kind === 'table' && !table.isSecured && one === 'public' && (
                        <span className="badge error">no RLS</span>
                      )}
                      {table.kind !== 'table' && <span className="quiet"> {table.kind}</span>}
                    </Link>
                  </li>
                ))}
            </ul>
          </details>
        ))}
      </nav>
      {schema !== undefined && name !== undefined ? (
        <TableView
          key={`${schema}.${name}`}
          schema={schema}
          name={name}
          kind={tables?.find((table) => table.schema === schema && table.name === name)?.kind ?? 'table'}
        />
      ) : (
        <p className="quiet empty">Choose a table. You can look at its rows as any user.</p>
      )}
    </div>
  );
}
