import { invalid } from '../errors.ts';
import type { AuthRequest } from './request.ts';

// GoTrue v2.196 internal/api/pagination.go

const DEFAULT_PAGE_SIZE = 50;

export interface Page {
  /** Counts from 1; a client may send 0, which means the first page too. */
  readonly number: number;
  readonly size: number;
  /** Rows before the page. */
  readonly offset: number;
}

/** Reads `page` and `per_page`. @throws AuthError 400 */
export function readPage(req: AuthRequest): Page {
  const read = (name: string, fallback: number): number => {
    const text = req.query.get(name) ?? '';
    if (text === '') return fallback;
    if (!/^\d+$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER) {
      const what = JSON.stringify(text);
      throw invalid(`Bad Pagination Parameters: strconv.ParseUint: parsing ${what}: invalid syntax`);
    }
    return Number(text);
  };
  const size = read('per_page', DEFAULT_PAGE_SIZE);
  const page = { number: read('page', 1), size: size === 0 ? 20 : size };
  const offset = Math.min(Math.max(0, page.number - 1) * page.size, Number.MAX_SAFE_INTEGER);
  return { ...page, offset };
}

/** Headers that name the other pages and the total. */
export function pageHeaders(req: AuthRequest, page: Page, total: number): Record<string, string> {
  const pages = Math.ceil(total / page.size);
  const link = (number: number, rel: string): string => {
    const query = new URLSearchParams(req.query);
    query.set('page', String(number));
    query.sort();
    return `<${req.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [...(pages > page.number ? [link(page.number + 1, 'next')] : []), link(pages, 'last')];
  return { Link: links.join(', '), 'X-Total-Count': String(total) };
}
