import type { Locator } from 'playwright-core';

interface PageFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
  /** So many zeros follow: a large file need not be sent to the browser. Default: 0. */
  readonly padding?: number;
}

/** Globals of the page; tests are compiled without DOM types. */
interface PageGlobals {
  readonly DataTransfer: new () => { readonly items: { add(file: unknown): void } };
  readonly ClipboardEvent: new (type: string, options: object) => Event;
  readonly DragEvent: new (type: string, options: object) => Event;
}

/** Drops files on an element or pastes them into it, as the browser would. */
export async function giveFiles(
  target: Locator,
  how: 'drop' | 'paste',
  files: readonly PageFile[],
): Promise<void> {
  const contents = files.map(({ name, mimeType, buffer, padding = 0 }) => ({
    name,
    mimeType,
    base64: buffer.toString('base64'),
    padding,
  }));
  await target.evaluate(
    (element, { how: kind, contents: list }) => {
      const { DataTransfer, ClipboardEvent, DragEvent } = globalThis as unknown as PageGlobals;
      const dataTransfer = new DataTransfer();
      for (const { name, mimeType, base64, padding } of list) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        dataTransfer.items.add(new File([bytes, new Uint8Array(padding)], name, { type: mimeType }));
      }
      const options = { bubbles: true, cancelable: true };
      if (kind === 'paste') {
        element.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: dataTransfer }));
        return;
      }
      for (const type of ['dragenter', 'dragover', 'drop']) {
        element.dispatchEvent(new DragEvent(type, { ...options, dataTransfer }));
      }
    },
    { how, contents },
  );
}
