import type { ReactNode } from 'react';

/** Title of a page, and a sentence about it. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      <p className="quiet">{children}</p>
    </div>
  );
}
