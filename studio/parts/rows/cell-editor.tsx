import { useId, useState, type KeyboardEvent } from 'react';
import { RefusalView } from './refusal.tsx';
import type { Cell, Column, Refusal } from './types.ts';
import { ValueInput } from './value-input.tsx';

/** Edits one cell in its place. `save` returns why the value is refused. */
export function CellEditor({
  column,
  value: before,
  save,
  onClose,
}: {
  column: Column;
  value: Cell;
  save: (value: Cell) => Promise<Refusal | undefined>;
  onClose: () => void;
}) {
  const [value, setValue] = useState<Cell>(before);
  const [refusal, setRefusal] = useState<Refusal>();
  const id = useId();
  const submit = async () => {
    const refused = value === before ? undefined : await save(value);
    setRefusal(refused);
    if (!refused) onClose();
  };
  const act = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') onClose();
    // A line break in text is Shift+Enter.
    const isButton = event.target instanceof HTMLButtonElement;
    if (event.key !== 'Enter' || event.shiftKey || isButton) return;
    event.preventDefault();
    void submit();
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- its inputs have the focus
    <div className="cell-editor" onKeyDown={act}>
      <ValueInput
        column={column}
        value={value}
        onChange={(changed) => setValue(changed ?? null)}
        describedBy={refusal && id}
        isFocused
      />
      <span className="actions">
        <button type="button" className="copy" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="primary" onClick={() => void submit()}>
          Save
        </button>
      </span>
      {refusal && <RefusalView refusal={refusal} id={id} />}
    </div>
  );
}
