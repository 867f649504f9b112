import type { Explanation } from '../../api.ts';
import { Card } from '../../parts/card.tsx';
import { ExplanationView } from '../../parts/explanation.tsx';
import { RowsGrid } from '../../parts/rows-grid.tsx';
import { readPlan } from './plan.ts';
import { PlanTree } from './plan-tree.tsx';
import type { Outcome, SqlFailure, StatementResult } from './types.ts';
import type { RunState } from './use-run.ts';

type PositionOf = (offset: number) => { line: number; column: number } | undefined;

/** What came of the latest run. */
export function Results({ state, positionOf }: { state: RunState; positionOf: PositionOf }) {
  return (
    <>
      <output className="quiet run-state">{summarize(state)}</output>
      {state.kind === 'refused' && <p role="alert">{state.message}</p>}
      {state.kind === 'done' && (
        <>
          {state.outcome.failure && (
            <Failure
              failure={state.outcome.failure}
              explanation={state.outcome.explanation}
              position={positionIn(state, positionOf)}
            />
          )}
          <div className="column sql-results">
            {state.outcome.results.map((result, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- the results of one run are never reordered
              <Result key={at} result={result} number={at + 1} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

function positionIn({ run, outcome }: Extract<RunState, { kind: 'done' }>, positionOf: PositionOf) {
  const offset = outcome.failure?.offset;
  return offset === undefined ? undefined : positionOf(run.part.offset + offset);
}

function summarize(state: RunState): string {
  if (state.kind === 'running') return 'Running…';
  if (state.kind === 'cancelled') return 'Cancelled.';
  if (state.kind !== 'done') return '';
  const { outcome, run, milliseconds } = state;
  const count = outcome.results.length;
  const statements = `${count} ${count === 1 ? 'statement' : 'statements'}`;
  const time = `in ${formatTime(milliseconds)}`;
  if (outcome.failure) return `Failed ${time}, and rolled back.`;
  return run.explain ? `${statements} explained ${time}, and undone.` : `${statements} ran ${time}.`;
}

function Failure({
  failure,
  explanation,
  position,
}: {
  failure: SqlFailure;
  explanation: Outcome['explanation'];
  position: { line: number; column: number } | undefined;
}) {
  const { message, code, detail, hint, where } = failure;
  return (
    <section className="card failure" role="alert">
      <p>
        <span className="badge error">{code || 'Error'}</span> <strong>{message}</strong>
        {position && (
          <span className="quiet">
            {' '}
            line {position.line}, column {position.column}
          </span>
        )}
      </p>
      {detail !== undefined && <p>{detail}</p>}
      {hint !== undefined && <p className="cure">{hint}</p>}
      {where !== undefined && <pre>{where}</pre>}
      <Why explanation={explanation} />
    </section>
  );
}

function Result({ result, number }: { result: StatementResult; number: number }) {
  const { columns, rows, isCut, milliseconds, notices, text, explanation } = result;
  const plan = columns.length === 1 && columns[0] === 'QUERY PLAN' ? readPlan(rows[0]?.[0] ?? '') : undefined;
  const title = text.replaceAll(/\s+/g, ' ').slice(0, 120);
  return (
    <Card
      title={`${number}. ${title}`}
      action={
        <span className="quiet">
          {countOf(result)} {formatTime(milliseconds)}
        </span>
      }
    >
      {notices.map((notice, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- notices may be equal, and have no state
        <p key={at} className="notice">
          {notice}
        </p>
      ))}
      {plan ? (
        <PlanTree plan={plan} />
      ) : (
        columns.length > 0 &&
        rows.length > 0 && <RowsGrid rows={toRecords(columns, rows)} label={`Result ${number}`} />
      )}
      {columns.length > 0 && rows.length === 0 && <p className="quiet">No rows: {columns.join(', ')}.</p>}
      <Why explanation={explanation} />
      {isCut && <p className="quiet">The first {rows.length.toLocaleString()} rows; there are more.</p>}
    </Card>
  );
}

function Why({ explanation }: { explanation: Explanation | undefined }) {
  if (!explanation) return null;
  return (
    <div className="why">
      <h3>Why?</h3>
      <ExplanationView explanation={explanation} />
    </div>
  );
}

function countOf({ command, count, isCut, rows, columns }: StatementResult): string {
  const shown = isCut ? `${rows.length}+` : count;
  if (shown === undefined) return command ?? '';
  const verb = { INSERT: 'inserted', UPDATE: 'updated', DELETE: 'deleted', MERGE: 'merged' }[command ?? ''];
  if (verb === undefined && columns.length === 0) return command ?? '';
  return `${shown} ${shown === 1 ? 'row' : 'rows'}${verb === undefined ? '' : ` ${verb}`},`;
}

/** Columns of the same name keep their values: the second `id` is `id (2)`. */
function toRecords(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): Record<string, string | null>[] {
  const names = columns.map((name, at) => {
    const before = columns.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])));
}

function formatTime(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`;
}
