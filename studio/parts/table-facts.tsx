import { Card } from './card.tsx';
import { PolicyList, type Policy } from './policy-list.tsx';
import type { Column } from './rows/types.ts';

/** As plugin/studio/tables.ts. */
export interface Facts {
  readonly columns: readonly Column[];
  readonly policies: readonly Policy[];
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
}

/** Columns, policies, indexes and triggers of a table. */
export function TableFacts({ facts }: { facts: Facts }) {
  return (
    <>
      <Card title="Policies">
        {facts.policies.length === 0 && <p className="quiet">None.</p>}
        <PolicyList policies={facts.policies} />
      </Card>
      <Card title="Columns">
        <dl>
          {facts.columns.map(({ name, type, isNullable, default: fallback, isKey, references }) => (
            <div className="value-row" key={name}>
              <dt>{name}</dt>
              <dd>
                <code>
                  {type}
                  {isKey && ' primary key'}
                  {!isNullable && !isKey && ' not null'}
                  {fallback !== null && ` default ${fallback}`}
                  {references !== null &&
                    ` references ${references.schema}.${references.name} (${references.column})`}
                </code>
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <SqlList title="Indexes" items={facts.indexes} />
      <SqlList title="Triggers" items={facts.triggers} />
    </>
  );
}

function SqlList({ title, items }: { title: string; items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <Card title={title}>
      {items.map((sql) => (
        <pre key={sql}>
          <code>{sql}</code>
        </pre>
      ))}
    </Card>
  );
}
