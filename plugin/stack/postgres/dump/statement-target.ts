const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
const QUALIFIED = String.raw`(${NAME})\s*\.\s*${NAME}`;

/** Of each kind of statement, where the schema stands that it is about. The first one that matches counts. */
const TARGETS = [
  // Of a table, whose name comes after that of the object.
  String.raw`^(?:create|alter|drop|comment\s+on)\s+(?:or\s+replace\s+)?(?:unique\s+)?(?:constraint\s+)?(?:index|trigger|policy|rule|constraint)\b.*?\son\s+(?:only\s+|domain\s+)?${QUALIFIED}`,
  String.raw`^(?:create|alter|drop|comment\s+on)\s+schema\s+(?:if\s+(?:not\s+)?exists\s+)?(${NAME})`,
  String.raw`^(?:grant|revoke)\s[^;]*?\son\s+schema\s+(${NAME})`,
  String.raw`^(?:grant|revoke)\s[^;]*?\son\s+(?:[a-z]+\s+){0,3}${QUALIFIED}`,
  String.raw`^alter\s+default\s+privileges\s[^;]*?\sin\s+schema\s+(${NAME})`,
  String.raw`^(?:create|alter|drop|comment\s+on|refresh)\s+(?:[a-z]+\s+){1,6}?${QUALIFIED}`,
  String.raw`^select\s+pg_catalog\s*\.\s*setval\s*\(\s*'${QUALIFIED}`,
].map((pattern) => new RegExp(pattern, 'is'));

/** Characters within which a statement says what it is about. */
const HEAD = 4_000;

/** The schema of the object that a statement creates or changes; undefined where it has none, or says none. */
export function targetSchema(statement: string): string | undefined {
  const head = statement.slice(0, HEAD);
  for (const pattern of TARGETS) {
    const schema = pattern.exec(head)?.[1];
    if (schema !== undefined) return unquote(schema);
  }
  return undefined;
}

/** The table that gets rows. */
export interface RowsTarget {
  readonly schema: string;
  readonly name: string;
  /** The columns that the statement names; none where it names none. */
  readonly columns: readonly string[];
}

const ROWS = new RegExp(
  String.raw`^(?:insert\s+into|copy)\s+(${NAME})\s*\.\s*(${NAME})\s*(?:\(((?:\s*${NAME}\s*,)*\s*${NAME}\s*)\))?`,
  'i',
);

/** What an INSERT or COPY fills; undefined for another statement, and for a table without a schema. */
export function rowsTarget(statement: string): RowsTarget | undefined {
  const [, schema, name, columns = ''] = ROWS.exec(statement) ?? [];
  if (schema === undefined || name === undefined) return undefined;
  const names = columns.match(new RegExp(NAME, 'g')) ?? [];
  return { schema: unquote(schema), name: unquote(name), columns: names.map(unquote) };
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}
