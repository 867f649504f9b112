/** Rows as a table that scrolls sideways. */
export function RowsGrid({
  rows,
  label,
}: {
  rows: readonly Readonly<Record<string, unknown>>[];
  label: string;
}) {
  const columns = Object.keys(rows[0] ?? {});
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- a row need not have a key, and none has state
            <tr key={at}>
              {columns.map((column) => (
                <td key={column}>{show(row[column])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const MAX_LENGTH = 200;

function show(value: unknown) {
  if (value === null || value === undefined) return <span className="quiet">null</span>;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
