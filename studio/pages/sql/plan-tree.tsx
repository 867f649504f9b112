import type { Plan, PlanNode } from './plan.ts';

// From this factor on the planner's estimate is worth a look.
const FAR_OFF = 10;

/** A plan as a tree: each node with its cost, rows and own time; the slowest one is marked. */
export function PlanTree({ plan }: { plan: Plan }) {
  const { root, planningTime, executionTime, slowest } = plan;
  return (
    <div className="plan-tree">
      {executionTime !== undefined && (
        <p className="quiet">
          Planned in {planningTime?.toFixed(2)} ms, executed in {executionTime.toFixed(2)} ms.
        </p>
      )}
      <ul aria-label="Plan">
        <Node node={root} slowest={slowest} total={executionTime ?? 0} />
      </ul>
    </div>
  );
}

function Node({ node, slowest, total }: { node: PlanNode; slowest: number | undefined; total: number }) {
  const { type, target, conditions, cost, ownTime, hit, read, children } = node;
  const isSlowest = node.id === slowest;
  return (
    <li>
      <div className={isSlowest ? 'plan-node slowest' : 'plan-node'}>
        <p>
          <strong>{type}</strong> {target !== '' && <code>{target}</code>}{' '}
          {isSlowest && <span className="badge warning">slowest</span>} <Estimate node={node} />
        </p>
        {conditions.map((condition) => (
          <p key={condition} className="quiet">
            <code>{condition}</code>
          </p>
        ))}
        <p className="quiet">
          {rowsOf(node)} · cost {cost.toLocaleString()}
          {ownTime !== undefined && ` · ${ownTime.toFixed(2)} ms`}
          {hit + read > 0 && ` · ${hit} cached and ${read} read blocks`}
        </p>
        {ownTime !== undefined && total > 0 && (
          <svg className="plan-time" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={Math.min(100, (ownTime / total) * 100)} height="4" />
          </svg>
        )}
      </div>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Node key={child.id} node={child} slowest={slowest} total={total} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Estimate({ node: { estimatedRows, actualRows, loops } }: { node: PlanNode }) {
  if (actualRows === undefined) return null;
  const expected = Math.max(1, estimatedRows * loops);
  const found = Math.max(1, actualRows);
  const factor = Math.round(Math.max(expected / found, found / expected));
  return factor < FAR_OFF ? null : <span className="badge info">estimate {factor}× off</span>;
}

function rowsOf({ estimatedRows, actualRows, loops }: PlanNode): string {
  const estimated = `${countRows(estimatedRows)} estimated`;
  if (actualRows === undefined) return estimated;
  return `${countRows(Math.round(actualRows))}, ${estimated}${loops > 1 ? ` in each of ${loops} loops` : ''}`;
}

function countRows(rows: number): string {
  return `${rows.toLocaleString()} ${rows === 1 ? 'row' : 'rows'}`;
}
