import { CopyButton } from './copy-button.tsx';

/** A text to read and to copy; JSON is indented. */
export function TextBlock({ text, label }: { text: string; label: string }) {
  const shown = indentJson(text);
  return (
    <div className="code">
      <pre>
        <code>{shown}</code>
      </pre>
      <CopyButton text={shown} label={label} />
    </div>
  );
}

// Deep JSON would be mostly indentation.
const MAX_DEPTH = 40;

function indentJson(text: string): string {
  if (!/^\s*[[{]/.test(text) || isDeep(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Counts brackets within strings too: then the text is shown as it is. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
