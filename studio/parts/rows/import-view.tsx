import { useState } from 'react';
import { change } from '../../api.ts';
import { Card } from '../card.tsx';
import { RefusalView } from './refusal.tsx';
import type { Cell, Column, Refusal, TableName } from './types.ts';

/** As ImportPreview of plugin/studio/rows/import-rows.ts. */
interface Preview {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly total: number;
}

type Refused = { readonly refusal: Refusal };

const MAX_BYTES = 9 * 1024 * 1024;

/** Rows from a CSV file: its header is mapped to columns, and the first rows are shown, before anything is written. */
export function ImportView({
  table,
  columns,
  as,
  onImported,
  onClose,
}: {
  table: TableName;
  columns: readonly Column[];
  as: string;
  onImported: (rows: number) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const [preview, setPreview] = useState<Preview>();
  const [targets, setTargets] = useState<readonly (string | null)[]>([]);
  const [refusal, setRefusal] = useState<Refusal>();
  const editable = columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => name);
  const choose = async (file: File | undefined) => {
    if (!file) return;
    setPreview(undefined);
    setRefusal(undefined);
    if (file.size > MAX_BYTES)
      return setRefusal({ message: 'The file is larger than 9 MiB: use \\copy of psql.' });
    const content = await file.text();
    const read = await ask<Preview>('import-preview', { text: content });
    if ('refusal' in read) return setRefusal(read.refusal);
    setText(content);
    setPreview(read);
    setTargets(read.header.map((field) => editable.find((name) => same(name, field)) ?? null));
  };
  const write = async () => {
    const result = await ask<{ inserted: number }>('rows-import', { ...table, as, text, columns: targets });
    if ('refusal' in result) setRefusal(result.refusal);
    else onImported(result.inserted);
  };
  return (
    <Card
      title="Import CSV"
      action={
        <button type="button" className="copy" onClick={onClose}>
          Cancel
        </button>
      }
    >
      <p>
        <label>
          File with a header line{' '}
          <input
            type="file"
            accept=".csv,text/csv"
            onChange={({ target }) => void choose(target.files?.[0])}
          />
        </label>
      </p>
      {refusal && <RefusalView refusal={refusal} />}
      {preview && (
        <>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard */}
          <section className="scroll" aria-label="First rows of the file" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  {preview.header.map((field, at) => (
                    // oxlint-disable-next-line react/no-array-index-key -- names of a header may repeat
                    <th key={at} scope="col">
                      {field}
                      <br />
                      <select
                        aria-label={`Column for ${field}`}
                        value={targets[at] ?? ''}
                        onChange={({ target }) => setTargets(targets.with(at, target.value || null))}
                      >
                        <option value="">left out</option>
                        {editable.map((name) => (
                          <option key={name}>{name}</option>
                        ))}
                      </select>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {preview.rows.map((row, at) => (
                  // oxlint-disable-next-line react/no-array-index-key -- rows of a file have no key
                  <tr key={at}>
                    {row.map((value, field) => (
                      // oxlint-disable-next-line react/no-array-index-key -- nor do its fields
                      <td key={field}>{value ?? <span className="quiet">null</span>}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <p className="actions">
            <span className="quiet">All rows are written, or none.</span>
            <button
              type="button"
              className="primary"
              disabled={targets.every((target) => target === null)}
              onClick={() => void write()}
            >
              Import {preview.total} {preview.total === 1 ? 'row' : 'rows'}
            </button>
          </p>
        </>
      )}
    </Card>
  );
}

function ask<T extends object>(name: string, input: object): Promise<T | Refused> {
  return change<T | Refused>(name, input).catch((error: unknown) => ({
    refusal: { message: String(error) },
  }));
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.trim().toLowerCase();
}
