import { sizeOfImages } from '../images/layout.ts';
import { heightOfPreview } from '../link-preview/height.ts';
import { type Row, rowFiles, rowImages } from './rows.ts';

/** A file's card and the gap below it. */
const FILE_PX = 60;

/** Height of a row in pixels, before it is measured. The better the estimate, the less the scroll bar jumps. */
export function estimateHeight(row: Row | undefined): number {
  if (!row) return 0;
  const body = row.message?.body ?? row.outgoing?.body ?? '';
  const lines = Math.ceil(body.length / 80);
  const separators = (row.startsDay ? 49 : 0) + (row.isFirstUnread ? 49 : 0);
  const reply = (row.message?.reply_to ?? row.outgoing?.replyTo) == null ? 0 : 51;
  const images = sizeOfImages(rowImages(row)).height;
  const files = FILE_PX * rowFiles(row).length;
  const text = images + files === 0 ? 22 * Math.max(1, lines) : 22 * lines;
  return separators + (row.startsGroup ? 34 : 0) + reply + 17 + images + files + text + heightOfPreview(body);
}
