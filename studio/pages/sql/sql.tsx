import { useEffect, useRef, useState } from 'react';
import { useRead } from '../../api.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { ViewerSelect } from '../../parts/viewer-select.tsx';
import { SqlEditor, type Part } from './editor.ts';
import { History } from './history-list.tsx';
import { addToHistory, clearHistory, keepDraft, readDraft, readHistory, type Entry } from './history.ts';
import { linkTo, readLinkedSql } from './link.ts';
import { Results } from './results.tsx';
import type { Catalogue } from './types.ts';
import { useRun, type RunState } from './use-run.ts';
import './sql.css';

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl+';

/** An editor for SQL that runs as any role or user, with results, plans and a history. */
export default function Sql() {
  const [linked, setLinked] = useState(() => readLinkedSql(location));
  const [text, setText] = useState(() => linked ?? readDraft());
  const [as, setAs] = useState('postgres');
  const [history, setHistory] = useState(readHistory);
  const { state, start, cancel } = useRun();
  const isRunning = state.kind === 'running';

  const run = async (part: Part, explain: boolean) => {
    const end = await start({ part, as, explain });
    if (end?.kind === 'done') setHistory(addToHistory({ sql: part.text, as, at: Date.now() }));
  };
  const change = (changed: string) => {
    setText(changed);
    keepDraft(changed);
    setLinked(undefined);
  };
  const { host, editor } = useEditor(text, change, (part) => void run(part, false));
  const { value: catalogue, reload } = useRead<Catalogue>('catalogue');
  useEffect(() => {
    if (catalogue) editor?.complete(catalogue);
  }, [catalogue, editor]);
  useEffect(() => {
    if (state.kind !== 'done') return undefined;
    editor?.mark(markOf(state));
    return reload();
  }, [editor, state, reload]);
  const runChosen = (explain: boolean) => {
    if (editor) void run(editor.chosen(), explain);
  };
  const open = ({ sql, as: viewer }: Entry) => {
    setAs(viewer);
    editor?.replace(sql);
  };
  return (
    <>
      <div className="page-head">
        <h1>SQL</h1>
        <p className="quiet">
          Statements run in one transaction, which commits when all succeed. Explain runs them too, and undoes
          what they change.
        </p>
      </div>
      <div className="sql-page">
        <div className="column">
          <section className="card editor" aria-label="Editor">
            <div className="tools">
              <ViewerSelect label="Run as" value={as} onChange={setAs} />
              <span className="space" />
              <CopyButton text={linkTo(text)} label="Copy link to this SQL">
                Copy link
              </CopyButton>
              <button type="button" className="copy" disabled={isRunning} onClick={() => runChosen(true)}>
                Explain
              </button>
              {isRunning ? (
                <button type="button" className="primary stop" onClick={cancel}>
                  Cancel
                </button>
              ) : (
                <button type="button" className="primary" onClick={() => runChosen(false)}>
                  Run <kbd>{MODIFIER}⏎</kbd>
                </button>
              )}
            </div>
            {linked !== undefined && (
              <output className="note">This SQL came with a link. Read it before you run it.</output>
            )}
            <div ref={host} className="sql-editor" />
          </section>
          <Results state={state} positionOf={(offset) => editor?.position(offset)} />
        </div>
        <History
          entries={history}
          onOpen={open}
          onClear={() => {
            clearHistory();
            setHistory([]);
          }}
        />
      </div>
    </>
  );
}

/** Where the latest run failed. */
function markOf({ run, outcome: { failure } }: Extract<RunState, { kind: 'done' }>) {
  return failure?.offset === undefined
    ? undefined
    : { message: failure.message, offset: run.part.offset + failure.offset };
}

/** The editor, as long as the page is shown. */
function useEditor(text: string, onChange: (text: string) => void, onRun: (part: Part) => void) {
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<SqlEditor>();
  const latest = useRef({ text, onChange, onRun });
  useEffect(() => {
    latest.current = { text, onChange, onRun };
  });
  useEffect(() => {
    document.title = 'SQL – Supabase Studio';
    if (!host.current) return undefined;
    const made = new SqlEditor(host.current, {
      text: latest.current.text,
      onChange: (changed) => latest.current.onChange(changed),
      onRun: (part) => latest.current.onRun(part),
    });
    setEditor(made);
    return () => made.close();
  }, []);
  return { host, editor };
}
