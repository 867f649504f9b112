/** A call that does what a statement asks for, which PostgreSQL allows only superusers. */
interface Call {
  readonly text: string;
  readonly values: readonly unknown[];
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_][\w$]*)`;
const CREATE_EVENT_TRIGGER =
  String.raw`create\s+event\s+trigger\s+(${NAME})\s+on\s+(${NAME})\s+` +
  String.raw`(?:when\s+tag\s+in\s*\(([^()]*)\)\s*)?` +
  String.raw`execute\s+(?:function|procedure)\s+((?:${NAME}\s*\.\s*)?${NAME}\s*\(\s*\))`;
const EVENT_TRIGGER = new RegExp(`^${CREATE_EVENT_TRIGGER}$`, 'i');
/** The same in the body of a DO block: a statement of its own, or the constant text of EXECUTE. */
const IN_BLOCK = new RegExp(
  String.raw`(?<![\w'$"])(?:execute\s+(?:'|\$\w*\$)\s*)?${CREATE_EVENT_TRIGGER}\s*;?\s*(?:'|\$\w*\$)?(?=\s*;)`,
  'gi',
);
const EXTENSION = new RegExp(
  String.raw`^create\s+extension\s+(if\s+not\s+exists\s+)?(${NAME})(?:\s+with)?(?:\s+schema\s+(${NAME}))?(\s+cascade)?$`,
  'i',
);

/**
 * `create event trigger` as a call of `_stack.create_event_trigger`, which alone decides what is allowed: PostgreSQL
 * refuses the statement of role `postgres`, and has no event for it. The statement's text is never executed.
 *
 * @returns undefined for any other statement
 */
export function eventTriggerCall(statement: string): Call | undefined {
  const [, name, event, tags, procedure] = EVENT_TRIGGER.exec(statement) ?? [];
  if (name === undefined || event === undefined) return undefined;
  const list = tags === undefined ? null : [...tags.matchAll(/'([^']*)'/g)].map(([, tag]) => tag);
  return {
    text: 'select _stack.create_event_trigger($1, $2, $3, $4::regprocedure)',
    values: [unquote(name), unquote(event), list, procedure],
  };
}

/**
 * A DO block whose `create event trigger` statements are such calls. Any other statement is returned as it is, and so is
 * a block in single quotes.
 */
export function withEventTriggerCalls(statement: string): string {
  if (!/^do\b[^']*\$\w*\$/i.test(statement)) return statement;
  return statement.replace(
    IN_BLOCK,
    (_match, name: string, event: string, tags: string | undefined, procedure: string) => {
      // Inside of EXECUTE's text, quotes are doubled.
      const list = [...(tags ?? '').matchAll(/'+([^']*)'+/g)].map(([, tag = '']) => literal(tag));
      const array = tags === undefined ? 'null' : `array[${list.join(', ')}]`;
      return `perform _stack.create_event_trigger(${literal(unquote(name))}, ${literal(unquote(event))}, ${array}, ${literal(procedure)}::regprocedure)`;
    },
  );
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * `create extension` as a call of `_stack.create_extension`, for an installation (`binDir`) whose extensions are not
 * marked as trusted.
 *
 * @returns undefined for any other statement
 */
export function extensionCall(statement: string): Call | undefined {
  const [, ifNotExists, name, schema, cascade] = EXTENSION.exec(statement) ?? [];
  if (name === undefined) return undefined;
  return {
    text: 'select _stack.create_extension($1, coalesce($2, current_schema()), $3, $4)',
    values: [
      unquote(name),
      schema === undefined ? null : unquote(schema),
      ifNotExists !== undefined,
      cascade !== undefined,
    ],
  };
}

/** The extension that a `create extension` statement creates; undefined for any other statement. */
export function createdExtension(statement: string): string | undefined {
  const [, name] = /^create\s+extension\s+(?:if\s+not\s+exists\s+)?("[^"]+"|[\w-]+)/i.exec(statement) ?? [];
  return name === undefined ? undefined : unquote(name);
}

/** The name that PostgreSQL reads in an identifier. */
function unquote(identifier: string): string {
  return identifier.startsWith('"')
    ? identifier.slice(1, -1).replaceAll('""', '"')
    : identifier.toLowerCase();
}
