import { useRead, type Explanation } from '../api.ts';
import { ExplanationView } from './explanation.tsx';

/** Why somebody does not see a row of a table. */
export function WhyHidden({ query }: { query: string }) {
  const { value } = useRead<Explanation | null>(query);
  if (!value) return null;
  return (
    <div className="why">
      <h3>Why?</h3>
      <ExplanationView explanation={value} />
    </div>
  );
}
