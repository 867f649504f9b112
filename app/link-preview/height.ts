import { firstLink } from './first-link.ts';
import { canPreview } from './previews.ts';

/** Height of a card in pixels, whatever is on it. */
export const PREVIEW_HEIGHT = 76;
const GAP = 4;

/** What a message's card adds to the height of its row, before it is measured. */
export function heightOfPreview(body: string): number {
  return firstLink(body) !== undefined && canPreview() ? PREVIEW_HEIGHT + GAP : 0;
}
