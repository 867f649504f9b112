/** A node of a plan, with what the tree shows of it. */
export interface PlanNode {
  readonly id: number;
  readonly type: string;
  /** Table or index. */
  readonly target: string;
  /** Conditions, such as `Filter: id = 1`. */
  readonly conditions: readonly string[];
  readonly cost: number;
  readonly estimatedRows: number;
  /** Rows of all loops; undefined for a plan that did not run. */
  readonly actualRows: number | undefined;
  readonly loops: number;
  /** Milliseconds of this node without the nodes below it. */
  readonly ownTime: number | undefined;
  /** Blocks of 8 KiB from the cache, and from the disk. */
  readonly hit: number;
  readonly read: number;
  readonly children: readonly PlanNode[];
}

export interface Plan {
  readonly root: PlanNode;
  readonly planningTime: number | undefined;
  readonly executionTime: number | undefined;
  /** The node that took longest; undefined for a plan that did not run. */
  readonly slowest: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const CONDITIONS = [
  'Filter',
  'Index Cond',
  'Recheck Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'Sort Key',
  'Group Key',
  'Rows Removed by Filter',
];

/** Reads the answer of `explain (format json)`; undefined for any other text. */
export function readPlan(text: string): Plan | undefined {
  const plan = parse(text);
  if (plan === undefined) return undefined;
  const nodes: PlanNode[] = [];
  const root = readNode(plan.Plan as Json, nodes);
  const [slowest] = nodes
    .filter(({ ownTime }) => ownTime !== undefined)
    .toSorted((a, b) => (b.ownTime ?? 0) - (a.ownTime ?? 0));
  return {
    root,
    planningTime: optionalNumber(plan['Planning Time']),
    executionTime: optionalNumber(plan['Execution Time']),
    slowest: slowest?.id,
  };
}

function parse(text: string): Json | undefined {
  try {
    const [plan] = JSON.parse(text) as Json[];
    return plan?.Plan === undefined ? undefined : plan;
  } catch {
    return undefined;
  }
}

function readNode(json: Json, nodes: PlanNode[]): PlanNode {
  const children = ((json.Plans ?? []) as readonly Json[]).map((child) => readNode(child, nodes));
  const loops = optionalNumber(json['Actual Loops']) ?? 1;
  const node: PlanNode = {
    id: nodes.length,
    type: joinTexts(
      json['Join Type'] === 'Inner' ? undefined : json['Join Type'],
      json['Operation'] ?? json['Node Type'],
    ),
    target: joinTexts(json['Relation Name'] ?? json['CTE Name'] ?? json['Function Name'], json['Index Name']),
    conditions: CONDITIONS.filter((name) => json[name] !== undefined && json[name] !== 0).map(
      (name) => `${name}: ${Array.isArray(json[name]) ? json[name].join(', ') : String(json[name])}`,
    ),
    cost: optionalNumber(json['Total Cost']) ?? 0,
    estimatedRows: optionalNumber(json['Plan Rows']) ?? 0,
    actualRows: times(json['Actual Rows'], loops),
    loops,
    ownTime: ownTimeOf(json, loops),
    hit: optionalNumber(json['Shared Hit Blocks']) ?? 0,
    read: optionalNumber(json['Shared Read Blocks']) ?? 0,
    children,
  };
  nodes.push(node);
  return node;
}

/** PostgreSQL's times are those of one loop, with the nodes below. */
function ownTimeOf(json: Json, loops: number): number | undefined {
  const total = times(json['Actual Total Time'], loops);
  if (total === undefined) return undefined;
  const below = ((json.Plans ?? []) as readonly Json[]).map(
    (child) => times(child['Actual Total Time'], optionalNumber(child['Actual Loops']) ?? 1) ?? 0,
  );
  return Math.max(0, total - below.reduce((sum, time) => sum + time, 0));
}

function joinTexts(...values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join(' ');
}

function times(value: unknown, loops: number): number | undefined {
  const number = optionalNumber(value);
  return number === undefined ? undefined : number * loops;
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
