import type { Cell, Column } from './types.ts';

const DEFAULT = '\0default';
const NULL = '\0null';

/** Edits a value by its type. Undefined: the column's default, where an insert may leave it out. */
export function ValueInput({
  column: { name, input, values, isNullable, default: fallback },
  value,
  onChange,
  mayBeDefault = false,
  isFocused = false,
  describedBy,
}: {
  column: Column;
  value: Cell | undefined;
  onChange: (value: Cell | undefined) => void;
  mayBeDefault?: boolean;
  isFocused?: boolean;
  describedBy?: string | undefined;
}) {
  const focus = (element: HTMLElement | null) => {
    if (isFocused) element?.focus();
  };
  const common = { 'aria-label': name, 'aria-describedby': describedBy, ref: focus };
  if (input === 'boolean' || input === 'enum') {
    return (
      <select
        {...common}
        value={value === undefined ? DEFAULT : (value ?? NULL)}
        onChange={({ target }) =>
          onChange(target.value === DEFAULT ? undefined : target.value === NULL ? null : target.value)
        }
      >
        {(mayBeDefault || value === undefined) && (
          <option value={DEFAULT}>{describeDefault(fallback)}</option>
        )}
        {(isNullable || value === null) && <option value={NULL}>null</option>}
        {(values ?? ['true', 'false']).map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    );
  }
  const placeholder =
    value === null ? 'null' : value === undefined ? describeDefault(fallback) : 'empty text';
  return (
    <span className="value-input">
      <textarea
        {...common}
        rows={Math.min(12, (value ?? '').split('\n').length)}
        spellCheck={false}
        value={value ?? ''}
        placeholder={placeholder}
        onChange={({ target }) => onChange(target.value)}
      />
      {isNullable && value !== null && (
        <button
          type="button"
          className="copy"
          aria-label={`Set ${name} to null`}
          onClick={() => onChange(null)}
        >
          null
        </button>
      )}
      {value === null && (
        <button
          type="button"
          className="copy"
          aria-label={`Set ${name} to empty text`}
          onClick={() => onChange('')}
        >
          empty
        </button>
      )}
      {mayBeDefault && value !== undefined && (
        <button
          type="button"
          className="copy"
          aria-label={`Leave ${name} to its default`}
          onClick={() => onChange(undefined)}
        >
          default
        </button>
      )}
    </span>
  );
}

function describeDefault(fallback: string | null): string {
  return fallback === null ? 'default' : `default: ${fallback}`;
}
