/** CmdType of PostgreSQL's nodes (src/include/nodes/nodes.h). */
const COMMANDS: Readonly<Record<string, 'UPDATE' | 'DELETE'>> = { '2': 'UPDATE', '4': 'DELETE' };

/**
 * The first UPDATE or DELETE without a WHERE in an analysed statement: what pg-safeupdate refuses. It looks at the same
 * tree, `Query.jointree.quals`.
 *
 * @param tree what the setting `debug_print_parse` prints
 */
export function unfilteredCommand(tree: string): 'UPDATE' | 'DELETE' | undefined {
  for (const match of tree.matchAll(/\{QUERY\s+:commandType\s+([24])\s/g)) {
    if (quals(tree, match.index) === '<>') return COMMANDS[match[1] ?? ''];
  }
  return undefined;
}

/** The beginning of `:quals` of a query's own `:jointree`; `<>` is none. */
function quals(tree: string, query: number): string | undefined {
  const jointree = fieldOf(tree, query, 'jointree');
  const start = jointree === undefined ? undefined : fieldOf(tree, jointree, 'quals');
  return start === undefined ? undefined : tree.slice(start, start + 2);
}

/** Where the value of a field of the node at `node` begins; fields of nodes inside of it do not count. */
function fieldOf(tree: string, node: number, field: string): number | undefined {
  const name = new RegExp(String.raw`:${field}\s+`, 'y');
  let depth = 0;
  for (let at = node; at < tree.length; at += 1) {
    const char = tree.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '{' || char === '(') depth += 1;
    else if (char === '}' || char === ')') {
      depth -= 1;
      if (depth === 0) return undefined;
    } else if (char === ':' && depth === 1) {
      name.lastIndex = at;
      if (name.test(tree)) return name.lastIndex;
    }
  }
  return undefined;
}
