/** Leads through pages, counted from 0 to `last`. */
export function Pager({
  page,
  last,
  onChange,
}: {
  page: number;
  last: number;
  onChange: (page: number) => void;
}) {
  return (
    <p className="pager">
      <button type="button" className="copy" disabled={page === 0} onClick={() => onChange(page - 1)}>
        Previous
      </button>{' '}
      Page {page + 1} of {last + 1}{' '}
      <button type="button" className="copy" disabled={page >= last} onClick={() => onChange(page + 1)}>
        Next
      </button>
    </p>
  );
}
