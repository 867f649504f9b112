import { useId, useState } from 'react';
import { change } from '../../api.ts';
import { Card } from '../card.tsx';
import { RefusalView } from './refusal.tsx';
import type { Cell, Changed, Column, Refusal, TableName } from './types.ts';
import { ValueInput } from './value-input.tsx';

/** A new row, as somebody. */
export function RowForm({
  table,
  columns,
  as,
  onInserted,
  onClose,
}: {
  table: TableName;
  columns: readonly Column[];
  as: string;
  onInserted: () => void;
  onClose: () => void;
}) {
  const [values, setValues] = useState<Readonly<Record<string, Cell>>>({});
  const [refusal, setRefusal] = useState<Refusal>();
  const id = useId();
  const set = (name: string, value: Cell | undefined) => {
    const { [name]: _, ...others } = values;
    setValues(value === undefined ? others : { ...others, [name]: value });
  };
  const insert = async () => {
    const changed = await change<Changed>('row-insert', { ...table, as, values }).catch(
      (error: unknown): Changed => ({ refusal: { message: String(error) } }),
    );
    setRefusal(changed.refusal);
    if (!changed.refusal) onInserted();
  };
  const editable = columns.filter(({ isGenerated }) => !isGenerated);
  return (
    <Card
      title="New row"
      action={
        <button type="button" className="copy" onClick={onClose}>
          Cancel
        </button>
      }
    >
      <dl>
        {editable.map((column, at) => {
          const isRefused = refusal?.column === column.name;
          return (
            <div className="value-row" key={column.name}>
              <dt>
                {column.name}
                <br />
                <span className="type">{column.type}</span>
              </dt>
              <dd className="field">
                <ValueInput
                  column={column}
                  value={values[column.name]}
                  onChange={(value) => set(column.name, value)}
                  mayBeDefault={column.isOptional}
                  isFocused={at === 0 && refusal === undefined && Object.keys(values).length === 0}
                  describedBy={isRefused ? id : undefined}
                />
                {isRefused && <RefusalView refusal={refusal} id={id} />}
              </dd>
            </div>
          );
        })}
      </dl>
      {refusal && !editable.some(({ name }) => name === refusal.column) && <RefusalView refusal={refusal} />}
      <p className="actions">
        <button type="button" className="primary" onClick={() => void insert()}>
          Insert
        </button>
      </p>
    </Card>
  );
}
